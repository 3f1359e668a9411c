import { z } from 'zod';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { finite, minutesOf, type Server, serverName, THROUGHPUT } from './capacity.ts';

/** One minute of a server in which it had calls. */
export interface CapacityMinute {
  readonly at: Date;
  /** Calls under way on average: time of all calls that began in the minute, over the minute. */
  readonly concurrency: number;
  /** Output tokens a second. */
  readonly throughput: number;
}

/** How busy a server was, of the minutes in which it had calls. */
export interface ServerMinutes {
  readonly throughputMean: number;
  readonly throughputMost: number;
  readonly concurrencyMost: number;
  /** Mean of what the calls said, in [0, 1]; null if none did. */
  readonly utilization: number | null;
  /** In no order: all of them, or an even choice. */
  readonly minutes: readonly CapacityMinute[];
}

const Row = z.object({
  name: z.string(),
  throughput_mean: z.coerce.number(),
  throughput_most: z.coerce.number(),
  concurrency_most: z.coerce.number(),
  utilization: z.coerce.number().nullable(),
  minutes: z.array(z.tuple([z.coerce.number(), z.coerce.number(), z.coerce.number()])),
});

/** Minutes in one answer, some 10 MB: all the minutes of a week of 24 servers, 2,500 of each of a hundred. */
const MINUTES_MAX = 250_000;

const MINUTES = `
  SELECT name, avg(throughput) AS throughput_mean, max(throughput) AS throughput_most, max(concurrency) AS concurrency_most,
         avg(busy) AS utilization,
         arraySlice(arraySort(entry -> cityHash64(entry.1), groupArray((minute, concurrency, throughput))), 1, {minutesMax: UInt32})
           AS minutes
    FROM (${minutesOf({
      columns: ['latency_ms', 'output_tokens', 'accelerator_utilization'],
      measures: `sum(coalesce(latency_ms, 0)) / 60000 AS concurrency, ${THROUGHPUT}, avg(accelerator_utilization) AS busy`,
    })})
   GROUP BY name`;

/** The minutes of servers in [since, until), by `serverName`; one without calls is absent. An empty project means all of them. */
export async function serverMinutes(
  store: Store,
  {
    project,
    servers,
    since,
    until,
  }: { project: string; servers: readonly Server[]; since: Date; until: Date },
): Promise<Map<string, ServerMinutes>> {
  if (servers.length === 0) return new Map();
  const rows = await store.rows(MINUTES, {
    project,
    servers: servers.map(serverName),
    since: toSqlInstant(since),
    until: toSqlInstant(until),
    minutesMax: Math.floor(MINUTES_MAX / servers.length),
  });
  return new Map(
    z
      .array(Row)
      .parse(rows)
      .map((row) => [
        row.name,
        {
          throughputMean: row.throughput_mean,
          throughputMost: row.throughput_most,
          concurrencyMost: row.concurrency_most,
          utilization: finite(row.utilization),
          minutes: row.minutes.map(([minute, concurrency, throughput]) => ({
            at: new Date(minute * 1_000),
            concurrency,
            throughput,
          })),
        },
      ]),
  );
}
