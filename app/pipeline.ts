import { openAnalysis } from '../analyzers/schedule.ts';
import type { AnalysisOptions } from '../analyzers/step-windows.ts';
import type { JudgedPlace } from '../core/stream-store.ts';
import type { Store } from '../sql/client.ts';
import { readStates, writeStates } from '../sql/queries/states.ts';
import { type AdmittedSegments, minutesReceivedSince, rollUp, type SegmentBounds } from '../sql/rollup.ts';
import { storeNowMs } from '../sql/store-clock.ts';
import { type LateBounds, openAnalysisStore } from './analysis-store.ts';
import type { TouchedElsewhere } from './touched-elsewhere.ts';

export interface WatchOptions extends AnalysisOptions {
  readonly segments: SegmentBounds;
  readonly late: LateBounds;
  /** Where other processes write too: what they changed, from an instant of the store's clock on. */
  readonly touchedElsewhere?: (from: Date) => TouchedElsewhere;
}

export interface PipelineOptions extends WatchOptions {
  /** Makes incidents of what was found; called until it has no more. */
  readonly alert: () => Promise<boolean>;
}

/** What happens behind the store: rollups, then windows through the detectors. */
export interface Watch {
  /** Minutes (ms) whose inferences have changed. */
  touch(minutes: Iterable<number>): void;
  /**
   * Takes everything that has arrived into the rollups, and processes windows that closed by `before`; none of them
   * when it is null.
   */
  turn(before: Date | null): Promise<{ readonly windows: number; readonly hasMore: boolean }>;
  /** Minutes waiting to be rolled up. */
  readonly backlog: number;
  /** How far it is, and what it had to leave out. */
  readonly place: JudgedPlace;
}

/** The same, and then incidents. */
export type Pipeline = Watch;

const KIND = 'rollup';
/** Rows received this long before the saved point may not have been rolled up: inserts and turns take time. */
const OVERLAP_MS = 10 * 60_000;

/** Opens the pipeline; minutes that were left behind by an earlier process are taken up again. */
export async function openPipeline(store: Store, options: PipelineOptions): Promise<Pipeline> {
  const watch = await openWatch(store, options);
  return {
    touch: (minutes) => watch.touch(minutes),
    async turn(before) {
      const outcome = await watch.turn(before);
      while (await options.alert());
      return outcome;
    },
    get backlog() {
      return watch.backlog;
    },
    get place() {
      return watch.place;
    },
  };
}

/** Opens the pipeline up to the findings. */
export async function openWatch(store: Store, options: WatchOptions): Promise<Watch> {
  const saved = await readStates(store, KIND);
  const admitted = (saved.get('segments') as AdmittedSegments | undefined) ?? {};
  const rolledAt = (saved.get('cursor') as number | undefined) ?? 0;
  const touched = new Set(await minutesReceivedSince(store, new Date(Math.max(0, rolledAt - OVERLAP_MS))));
  const elsewhere = options.touchedElsewhere?.(new Date((saved.get('touched') as number | undefined) ?? 0));
  let rolledMs = 0;
  const analysisStore = await openAnalysisStore(store, {
    late: options.late,
    rolledAt: () => new Date(Math.max(rolledMs, storeNowMs())),
  });
  const analysis = await openAnalysis(analysisStore, options);

  async function takeUp(): Promise<void> {
    for (const minute of (await elsewhere?.take()) ?? []) touched.add(minute);
    if (touched.size === 0) return;
    const startedAt = Date.now();
    const minutes = [...touched];
    touched.clear();
    try {
      // What came late is told apart by when it was taken up.
      rolledMs = Math.max(rolledMs + 1, storeNowMs());
      const judgedUntil = analysis.judgedUntil();
      const now = new Date(rolledMs);
      await rollUp(store, minutes, { admitted, bounds: options.segments, now, judgedUntil });
      await writeStates(
        store,
        KIND,
        new Map<string, unknown>([
          ['segments', admitted],
          ['cursor', startedAt],
          ...(elsewhere ? [['touched', elsewhere.cursor().getTime()] as const] : []),
        ]),
      );
    } catch (error) {
      for (const minute of minutes) touched.add(minute);
      throw error;
    }
  }

  return {
    touch(minutes) {
      for (const minute of minutes) touched.add(minute);
    },
    async turn(before) {
      await takeUp();
      return before === null ? { windows: 0, hasMore: false } : analysis.turn(before);
    },
    get backlog() {
      return touched.size;
    },
    get place() {
      return analysis.place;
    },
  };
}
