import type { AnalysisStore } from '../analyzers/schedule.ts';
import { splitState } from '../analyzers/state-parts.ts';
import type { StreamEntry } from '../analyzers/stream-book.ts';
import { streamName } from '../core/finding.ts';
import type { JudgedPlace, StoredState } from '../core/stream-store.ts';
import type { Store } from '../sql/client.ts';
import { writeFindings } from '../sql/queries/findings.ts';
import { lateParts } from '../sql/queries/late-parts.ts';
import { sessionSums } from '../sql/queries/session-sums.ts';
import { readState, readStates, writeStates } from '../sql/queries/states.ts';
import {
  forgetStreamStates,
  judgedStreams,
  readStreamStates,
  writeStreamStates,
} from '../sql/queries/stream-states.ts';
import { firstMinute, liveStreams, rowWindows, streamsIn, timeWindow } from '../sql/queries/windows.ts';
import { revisionOf } from '../sql/rollup.ts';
import { storeNowMs } from '../sql/store-clock.ts';
import { STREAM_PART } from './analysis.ts';
import { createRangeCache } from './range-cache.ts';

/** How late what comes late may be and still be judged, in ms before the window it is judged with. */
export interface LateBounds {
  readonly inferencesMs: number;
  readonly scoresMs: number;
  /** People's scores that stand for quality, and how long they have; absent: none do. */
  readonly labels?: { readonly names: readonly string[]; readonly delayMs: number };
}

/** As long as inferences are kept: a stream that comes back later is another. */
const FORGOTTEN_MS = 90 * 86_400_000;

export const ANALYSIS_STATE = 'analysis';
export const PLACE = 'place';

/** What the schedule needs, asked of the store; states that an earlier version left are taken over first. */
export async function openAnalysisStore(
  store: Store,
  { late, rolledAt }: { late: LateBounds; rolledAt: () => Date },
): Promise<AnalysisStore> {
  if ((await readState(store, ANALYSIS_STATE, PLACE)) === null) await takeOver(store);
  await forgetStreamStates(store, new Date(storeNowMs() - FORGOTTEN_MS));
  // A window's streams are judged some at a time; one answer serves all of them.
  const sessions = createRangeCache((range) =>
    sessionSums(store, range, async () => {
      const found = await streamsIn(store, range);
      return [...new Set(found.map(({ key }) => key.segment))];
    }),
  );
  return {
    streamsIn: (range) => streamsIn(store, range),
    timeWindow: async (range, keys) => {
      const sums = await sessions.read(range);
      return (await timeWindow(store, range, keys)).map((window) => {
        const ofStream = sums.get(streamName(window.key));
        return ofStream ? { ...window, sessions: ofStream } : window;
      });
    },
    lateParts: (before, revision) =>
      lateParts(store, {
        before,
        revision,
        inferencesSince: new Date(Math.max(0, before.getTime() - late.inferencesMs)),
        scoresSince: new Date(Math.max(0, before.getTime() - late.scoresMs)),
        labels: {
          names: late.labels?.names ?? [],
          before: new Date(Math.max(0, before.getTime() - (late.labels?.delayMs ?? 0))),
        },
      }),
    revision: () => revisionOf(rolledAt()),
    rowWindows: (key, options) => rowWindows(store, key, options),
    liveStreams: (since) => liveStreams(store, since),
    firstMinute: (since) => firstMinute(store, since),
    writeFindings: (findings) => writeFindings(store, findings),
    judgedStreams: () => judgedStreams(store),
    readStreamStates: (keys) => readStreamStates(store, keys),
    writeStreamStates: (states) => writeStreamStates(store, states),
    readPlace: async () => (await readState(store, ANALYSIS_STATE, PLACE)) as JudgedPlace | null,
    writePlace: (place) => writeStates(store, ANALYSIS_STATE, new Map([[PLACE, place]])),
  };
}

/** Where states were before each stream had rows of its own, and under which name the place was among them. */
const OLD_KIND = 'streams';
const OLD_PLACE = 'cursor';
const STREAMS_PER_INSERT = 20;

type OldEntry = Pick<StreamEntry, 'key' | 'until' | 'after'> & {
  readonly state: { readonly signals: Readonly<Record<string, unknown>>; readonly rows: number };
};

/** The place last: killed before it is there, all of it is done again. */
async function takeOver(store: Store): Promise<void> {
  const old = await readStates(store, OLD_KIND);
  const until = (old.get(OLD_PLACE) as number | undefined) ?? 0;
  old.delete(OLD_PLACE);
  const entries = [...old.values()] as OldEntry[];
  for (let at = 0; at < entries.length; at += STREAMS_PER_INSERT)
    await writeStreamStates(store, entries.slice(at, at + STREAMS_PER_INSERT).map(takenOver));
  const place: JudgedPlace = {
    until,
    judging: until,
    late: 0,
    leftOut: { streams: 0, signals: 0, lateRows: 0, lateScores: 0, lateLabels: 0 },
    together: null,
  };
  await writeStates(store, ANALYSIS_STATE, new Map([[PLACE, place]]));
}

function takenOver({ key, until, after, state }: OldEntry): StoredState {
  const signals = Object.keys(state.signals);
  const { rows } = state;
  const entry: StreamEntry = { key, until, after, late: 0, signals, rows, state: { [STREAM_PART]: state } };
  const { moving, added } = splitState(entry, null, new Set());
  return { key, until: new Date(until), signals, rows, moving, added, gone: [] };
}
