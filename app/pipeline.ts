import type { IncidentChange } from '../alerts/incidents.ts';
import { type Analysis, openAnalysis, type StepStream } from '../analyzers/schedule.ts';
import type { WindowSpec } from '../core/window.ts';
import type { Store } from '../sql/client.ts';
import { writeFindings } from '../sql/queries/findings.ts';
import { readStates, writeStates } from '../sql/queries/states.ts';
import { firstMinute, liveStreams, rowWindows, timeWindow } from '../sql/queries/windows.ts';
import {
  type AdmittedSegments,
  minutesOfInferences,
  minutesReceivedSince,
  rollUp,
  type SegmentBounds,
} from '../sql/rollup.ts';
import { openAlerting } from './alerting.ts';

export interface PipelineOptions {
  readonly window: WindowSpec;
  readonly segments: SegmentBounds;
  readonly step: StepStream;
  /** Called for every incident touched, after it is stored. */
  readonly onChange: (change: IncidentChange) => void;
}

/** What happens behind the store: rollups, then windows through the detectors, then incidents. */
export interface Pipeline {
  /** Minutes (ms) whose inferences have changed. */
  touch(minutes: Iterable<number>): void;
  /** Inferences that got a score: project and id of each. */
  touchInferences(projects: readonly string[], ids: readonly string[]): Promise<void>;
  /** Takes everything that has arrived into the rollups, and processes windows that closed by `before`. */
  turn(before: Date): Promise<{ readonly windows: number; readonly hasMore: boolean }>;
  /** Minutes waiting to be rolled up. */
  readonly backlog: number;
}

const KIND = 'rollup';
/** Rows received this long before the saved point may not have been rolled up: inserts and turns take time. */
const OVERLAP_MS = 10 * 60_000;

/** Opens the pipeline; minutes that were left behind by an earlier process are taken up again. */
export async function openPipeline(store: Store, options: PipelineOptions): Promise<Pipeline> {
  const saved = await readStates(store, KIND);
  const admitted = (saved.get('segments') as AdmittedSegments | undefined) ?? {};
  const rolledAt = (saved.get('cursor') as number | undefined) ?? 0;
  const touched = new Set(await minutesReceivedSince(store, new Date(Math.max(0, rolledAt - OVERLAP_MS))));
  const analysis = await openAnalysis(analysisStore(store), options.window, options.step);
  const alerting = await openAlerting(store, options.onChange);

  async function takeUp(): Promise<void> {
    if (touched.size === 0) return;
    const startedAt = Date.now();
    const minutes = [...touched];
    touched.clear();
    try {
      await rollUp(store, minutes, { admitted, bounds: options.segments, now: new Date(startedAt) });
      await writeStates(
        store,
        KIND,
        new Map<string, unknown>([
          ['segments', admitted],
          ['cursor', startedAt],
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
    async touchInferences(projects, ids) {
      for (const minute of await minutesOfInferences(store, projects, ids)) touched.add(minute);
    },
    async turn(before) {
      await takeUp();
      return processWindows(analysis, alerting, before);
    },
    get backlog() {
      return touched.size;
    },
  };
}

async function processWindows(
  analysis: Analysis,
  alerting: Awaited<ReturnType<typeof openAlerting>>,
  before: Date,
): Promise<{ windows: number; hasMore: boolean }> {
  const { windows, hasMore } = await analysis.turn(before);
  while (await alerting.turn());
  return { windows, hasMore };
}

function analysisStore(store: Store): Parameters<typeof openAnalysis>[0] {
  return {
    timeWindow: (range) => timeWindow(store, range),
    rowWindows: (key, options) => rowWindows(store, key, options),
    liveStreams: (since) => liveStreams(store, since),
    firstMinute: (since) => firstMinute(store, since),
    writeFindings: (findings) => writeFindings(store, findings),
    readStates: () => readStates(store, 'streams'),
    writeStates: (states) => writeStates(store, 'streams', states),
  };
}
