import { type HeadRoom, headRoom } from '../../analyzers/cost/head-room.ts';
import { type Saturation, saturation } from '../../analyzers/cost/saturation.ts';
import type { Store } from '../../sql/client.ts';
import { type ServerLoad, serverLoads, serverName } from '../../sql/queries/capacity.ts';
import { type ServerMinutes, serverMinutes } from '../../sql/queries/capacity-minutes.ts';
import { dailyPeaks } from '../../sql/queries/capacity-peaks.ts';

const DAY_MS = 86_400_000;
/** A capacity is learned from a week: the knee of a server that was changed since is that of another server. */
const CAPACITY_DAYS = 7;
/** Demand is not: four weeks tell its days of the week apart; one more, since the day on which a server is first seen is no whole one. */
const DEMAND_DAYS = 29;

export interface CapacityLine {
  /** Project and model are both empty: all that is on this kind of accelerator together. */
  readonly project: string;
  readonly model: string;
  readonly accelerator: string;
  /** Output tokens a second: of the mean busy minute, and the most. */
  readonly tokens_per_second: number;
  readonly tokens_per_second_most: number;
  readonly concurrency_most: number;
  readonly utilization: number | null;
  /** Of all calls that say how long they queued; null if none does. */
  readonly queue_ms_p95: number | null;
  /** Null: nothing slowed down, or too few minutes. */
  readonly knee: Saturation | null;
  readonly head_room: HeadRoom | null;
}

export interface CapacityReport {
  /** The servers with the most calls first. */
  readonly lines: readonly CapacityLine[];
  /** Servers with fewer calls, of which nothing is said. */
  readonly leftOut: number;
}

/** How busy each model was on each kind of accelerator in the days before `until`, and how long that lasts; an empty project means all. */
export async function capacityReport(
  store: Store,
  { project, until }: { project: string; until: Date },
): Promise<CapacityReport> {
  const week = { project, since: new Date(until.getTime() - CAPACITY_DAYS * DAY_MS), until };
  const { servers, leftOut } = await serverLoads(store, week);
  const minutesBy = await serverMinutes(store, { ...week, servers });
  const busy = servers.flatMap((server) => {
    const minutes = minutesBy.get(serverName(server));
    return minutes ? [{ server, minutes, knee: saturation(minutes.minutes) }] : [];
  });
  // Whole days only: at 23:00 today's peak is known, at 1:00 it would be that of a night.
  const midnight = new Date(until.getTime() - (until.getTime() % DAY_MS));
  const demand = { project, since: new Date(midnight.getTime() - DEMAND_DAYS * DAY_MS), until: midnight };
  const saturated = busy.flatMap(({ server, knee }) => (knee ? [server] : []));
  const peaksBy = await dailyPeaks(store, { ...demand, servers: saturated });
  return {
    leftOut,
    lines: busy.map(({ server, minutes, knee }) => {
      const values = peaksBy.get(serverName(server)) ?? [];
      const room = knee && headRoom({ since: demand.since, values }, knee.kneeThroughput);
      return lineOf(server, minutes, { knee, head_room: room });
    }),
  };
}

function lineOf(
  { project, model, accelerator, queueMsP95 }: ServerLoad,
  { throughputMean, throughputMost, concurrencyMost, utilization }: ServerMinutes,
  outlook: Pick<CapacityLine, 'knee' | 'head_room'>,
): CapacityLine {
  return {
    project,
    model,
    accelerator,
    tokens_per_second: throughputMean,
    tokens_per_second_most: throughputMost,
    concurrency_most: concurrencyMost,
    utilization,
    queue_ms_p95: queueMsP95,
    ...outlook,
  };
}
