import { createPoster } from './http-post.ts';
import { Intake } from './intake.ts';
import { Lane } from './lane.ts';
import type { Later } from './later.ts';
import type { Problems } from './problems.ts';
import type { EndedCall } from './recorded-call.ts';
import type { Settings } from './settings.ts';
import { openSpill, type Spill } from './spill.ts';
import { createTally, type Tally } from './tally.ts';
import { writeLine } from './write-line.ts';

/** The way from a call that is over to the service. */
export interface Sending {
  take(call: EndedCall): void;
  score(line: string): void;
  flush(deadlineMs: number): Promise<boolean>;
  stats(): {
    readonly queued: number;
    readonly queuedBytes: number;
    readonly sent: number;
    readonly rejected: number;
    readonly dropped: Tally['dropped'];
  };
  /** Spills what is left, and lets go of connections and timers. */
  close(): Promise<void>;
  /** Spills what is left without waiting for anything. */
  spillNow(): void;
}

export interface SendingOptions {
  readonly settings: Settings;
  readonly url: URL;
  readonly problems: Problems;
  readonly later: Later;
}

const VERSION = '0.1.0';
const KINDS = ['inference', 'score'] as const;
const PATHS = { inference: 'v1/inferences', score: 'v1/scores' } as const;

export function openSending({ settings, url, problems, later }: SendingOptions): Sending {
  const { limits } = settings;
  const poster = createPoster(limits);
  const tally = createTally((reason) => problems.tell('dropped', `records are dropped (${reason})`));
  const headers = headersOf(settings);
  const [inferences, scores] = KINDS.map((kind) => {
    const spill = spillOf(kind, settings, problems);
    const options = { limits, headers, poster, problems, tally, spill, later };
    return { lane: new Lane({ ...options, url: addressOf(url, PATHS[kind]) }), spill };
  }) as [LaneWithSpill, LaneWithSpill];
  const lanes = [inferences, scores];
  const intake = new Intake({
    limits,
    lane: inferences.lane,
    tally,
    later,
    write: (call) => writeLine(call, { settings, problems }),
    fail: (what, error) => problems.tell('internal', what, error),
  });
  for (const { lane } of lanes) lane.start();

  return {
    take: (call) => intake.add(call),
    score(line) {
      if (scores.lane.makeRoom(line.length)) scores.lane.push(line);
      else tally.drop('queue_full', 1);
    },
    async flush(deadlineMs) {
      poster.hold(true);
      try {
        await intake.empty();
        const done = await Promise.all(lanes.map(({ lane }) => lane.flush(deadlineMs)));
        return done.every(Boolean);
      } finally {
        poster.hold(false);
      }
    },
    stats: () => ({
      queued: intake.count + inferences.lane.count + scores.lane.count,
      queuedBytes: inferences.lane.bytes + scores.lane.bytes,
      sent: tally.sentCount,
      rejected: tally.rejectedCount,
      dropped: { ...tally.dropped },
    }),
    async close() {
      for (const { lane, spill } of lanes) {
        lane.stop();
        await spill?.write(lane.drain());
      }
      poster.close();
    },
    spillNow() {
      if (!inferences.spill) return;
      intake.drain();
      for (const { lane, spill } of lanes) spill?.writeNow(lane.drain());
    },
  };
}

interface LaneWithSpill {
  readonly lane: Lane;
  readonly spill: Spill | null;
}

function headersOf({ apiKey }: Settings): Record<string, string> {
  const agent = { 'user-agent': `plumbline-sdk/${VERSION}` };
  return apiKey === undefined ? agent : { ...agent, authorization: `Bearer ${apiKey}` };
}

/** Below the path of the address: a proxy may serve us under one. */
function addressOf(url: URL, path: string): URL {
  const base = url.href.endsWith('/') ? url.href : `${url.href}/`;
  return new URL(path, base);
}

function spillOf(kind: string, { spillFolder, limits }: Settings, problems: Problems): Spill | null {
  if (spillFolder === undefined) return null;
  return openSpill({ folder: spillFolder, kind, bytesMax: limits.spillBytesMax, problems });
}
