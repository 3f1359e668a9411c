import { expect, it } from 'vitest';
import { categoryFamily } from '../../analyzers/categories/family.ts';
import { DEFAULT_CATEGORY_OPTIONS } from '../../analyzers/categories/options.ts';
import { createDisparities } from '../../analyzers/fairness/disparities.ts';
import { defaultMonitors } from '../../analyzers/monitors-file.ts';
import { windowStepper } from '../../analyzers/step-windows.ts';
import { openStreamBook } from '../../analyzers/stream-book.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import type { JudgedStream, StoredState } from '../../core/stream-store.ts';
import { summarize } from '../../core/summary.ts';
import { INFERENCES } from '../../sql/queries/signal-rows.ts';
import { type GroupRow, groupTable } from '../../test/support/group-rows.ts';
import { HOUR, normal, START } from '../../test/support/hourly-world.ts';
import { createStep } from '../analysis.ts';
import { explain } from './explain.ts';
import type { Explained } from './explained.ts';
import { monitorPlan } from './plan.ts';
import type { MonitorReads } from './reads.ts';

const WINDOW = { kind: 'time', ms: HOUR } as const;
const KEY = { project: 'p', model: 'm', version: '', segment: '' };
const HOURS = 200;
const ROWS = 80;
const SETTINGS = { WINDOW, FALSE_PAGES_PER_MONTH: 1, BASELINE_ROWS: 500 };

interface Hour {
  readonly error: readonly number[];
  readonly latency: readonly number[];
  readonly finish: ReadonlyMap<string, number>;
  readonly groups: readonly GroupRow[];
}

function hourOf(random: () => number): Hour {
  const error = Array.from({ length: ROWS }, () => (random() < 0.1 ? 1 : 0));
  const latency = error.map(() => 1_000 * Math.exp(0.5 * normal(random)));
  const cut = error.filter(() => random() < 0.2).length;
  const groups = error.map((value, row) => ({
    groups: { gender: row % 4 === 0 ? 'f' : 'm' },
    signals: { error: value },
  }));
  return {
    error,
    latency,
    finish: new Map([['stop', ROWS - cut] as const, ['length', cut] as const]),
    groups,
  };
}

/** A stream that the real detectors have judged for so many hours, and what the store would say of it. */
async function judged(hours: number): Promise<{ reads: MonitorReads; stream: JudgedStream }> {
  const random = seededRandom(5);
  const past = Array.from({ length: hours }, () => hourOf(random));
  const at = (since: Date) => past[(since.getTime() - START) / HOUR] as Hour;
  const step = createStep({
    window: WINDOW,
    baselineRows: SETTINGS.BASELINE_ROWS,
    baselineFor: async () => null,
    monitors: () => defaultMonitors(),
    families: [
      categoryFamily({ ...DEFAULT_CATEGORY_OPTIONS, isTimed: true }),
      createDisparities({ read: async (_, { since }) => groupTable(at(since).groups) }),
    ],
  });
  const stored = new Map<string, string>();
  const saved: StoredState[] = [];
  const book = await openStreamBook({
    judgedStreams: async () => [],
    readStreamStates: async (keys) => keys.map(() => stored),
    writeStreamStates: async ([state]) => {
      if (!state) return;
      saved.push(state);
      for (const [name, part] of state.added) stored.set(name, part);
      stored.set('', state.moving);
    },
  });
  const options = { window: WINDOW, step, falsePagesPerMonth: 1, signalsMax: 100 };
  const judge = windowStepper({ writeFindings: async () => {} }, book, options);
  for (const [hour, { error, latency, finish }] of past.entries()) {
    const since = new Date(START + hour * HOUR);
    const summaries = new Map([
      ['error', summarize(error)],
      ['latency_ms', summarize(latency)],
    ]);
    const categories = new Map([['finish_reason', finish]]);
    const window = { key: KEY, since, until: new Date(since.getTime() + HOUR), rows: ROWS };
    await judge([{ ...window, summaries, categories }], { late: 0, together: null });
  }
  const { signals = [], until = new Date(START) } = saved.at(-1) ?? {};
  const stream = { key: KEY, until, signals: [...signals, 'quality:helpful'], rows: hours * ROWS };
  return {
    stream,
    reads: {
      watched: async () => watchedOf(stream),
      stream: async () => ({ parts: stored, sessionRows: new Map() }),
      sessions: async () => new Map(),
      history: async ({ signal }, { since, windowMs }) => {
        if (signal !== INFERENCES && !stream.signals.includes(signal)) return [];
        const rows = new Map<number, number>();
        for (let ms = Math.max(START, since.getTime()); ms < until.getTime(); ms += HOUR) {
          const sinceMs = ms - (ms % windowMs);
          rows.set(sinceMs, (rows.get(sinceMs) ?? 0) + ROWS);
        }
        return [...rows].map(([sinceMs, count]) => ({
          sinceMs,
          summary: { count, sum: 0, sumSquares: 0, bins: new Map() },
          categories: new Map(),
        }));
      },
    },
  };
}

const watchedOf = (stream: JudgedStream) => ({
  settings: SETTINGS,
  monitors: defaultMonitors(),
  streams: [stream],
  leftOut: null,
  streamPriorities: [],
});

async function explained(hours: number, change: number | null = null) {
  const { reads, stream } = await judged(hours);
  const progress: string[] = [];
  const found = await explain(reads, {
    plan: monitorPlan(watchedOf(stream)),
    monitors: defaultMonitors(),
    window: WINDOW,
    isAsked: () => true,
    change,
    interrupted: new AbortController().signal,
    onProgress: (count, of) => progress.push(`${count} of ${of}`),
  });
  const of = (signal: string): Explained[] => found.filter((one) => one.signal === signal);
  return { of, progress };
}

it('answers for rates, numbers, mixes and gaps, each in its own terms', async () => {
  const { of, progress } = await explained(HOURS, 0.6);
  for (const [signal, kind] of [
    ['error', 'rate'],
    ['latency_ms', 'number'],
    ['finish_reason', 'new'],
  ] as const) {
    const [one] = of(signal);
    expect(one, signal).toMatchObject({ of: kind, unknown: null, rowsPerWindow: ROWS, change: 0.6 });
    expect(one?.windows, signal).toBeLessThanOrEqual(3);
    expect(one?.rows).toBe((one?.windows ?? 0) * ROWS);
    expect(one?.spanMs).toBe((one?.windows ?? 0) * HOUR);
  }
  // The smaller of two groups, a quarter of the rows; both are told of by one signal.
  const [gap, ...others] = of('disparity:error');
  expect(others).toEqual([]);
  expect(gap).toMatchObject({ of: 'gap', unknown: null, stream: { ...KEY, segment: 'gender=f' } });
  expect(gap?.rowsPerWindow).toBeGreaterThan(ROWS / 4 - 3);
  expect(gap?.rowsPerWindow).toBeLessThan(ROWS / 4 + 3);
  expect(gap?.windows).toBeGreaterThan(5);
  expect(of('quality:helpful')).toMatchObject([{ unknown: 'labels', windows: null }]);
  expect(progress).toEqual(['1 of 5', '2 of 5', '3 of 5', '4 of 5', '5 of 5']);
});

it('says that there is no baseline where there is none, and only there', async () => {
  const { of } = await explained(2);
  const unknown = ['error', 'latency_ms', 'finish_reason'].map((signal) => of(signal)[0]?.unknown);
  expect(unknown).toEqual(['no_baseline', 'no_baseline', 'no_baseline']);
  expect(of('disparity:error')[0]?.unknown).toBeNull();
});
