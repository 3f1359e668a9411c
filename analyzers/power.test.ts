import { expect, it } from 'vitest';
import { GRID_ONE } from '../core/grid.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { summarize } from '../core/summary.ts';
import { sampleOf } from './drift/sample.ts';
import { rowsOfComparison, windowsToSee } from './power.ts';
import { stepStream } from './stream.ts';
import { DEFAULT_STREAM_OPTIONS } from './stream-options.ts';
import { baselineState } from './stream-state.ts';

const LEVEL = 1e-4;

/** Median over draws of the windows until the real detector calls the change. */
function medianByDraws(
  signal: string,
  { baseline, draw, rows }: { baseline: number[]; draw: (random: () => number) => number; rows: number },
): number {
  const random = seededRandom(5);
  const delays = Array.from({ length: 21 }, () => {
    let state = baselineState(new Map([[signal, summarize(baseline)]]), '');
    for (let windows = 1; windows <= 400; windows++) {
      const values = Array.from({ length: rows }, () => draw(random));
      const at = { since: new Date(windows - 1), until: new Date(windows), rows };
      const options = { ...DEFAULT_STREAM_OPTIONS, windowsPerFalseAlarm: 1 / LEVEL };
      const step = stepStream(state, new Map([[signal, summarize(values)]]), at, options);
      if (step.findings.some(({ outcome }) => outcome === 'alarm')) return windows;
      state = step.state;
    }
    return 401;
  });
  return delays.sort((a, b) => a - b)[10] ?? 0;
}

it.each([
  { before: 0.02, change: 0.03, rows: 100 },
  { before: 0.3, change: 0.1, rows: 50 },
])('says about when a rate is called: $before + $change at $rows rows', ({ before, change, rows }) => {
  const baseline = Array.from({ length: 2_000 }, (_, i) => (i < 2_000 * before ? 1 : 0));
  const said = windowsToSee({
    signal: 'refusal',
    baseline: sampleOf(summarize(baseline)),
    change,
    rowsPerWindow: rows,
    level: LEVEL,
  });
  const draw = (random: () => number) => (random() < before + change ? 1 : 0);
  const seen = medianByDraws('refusal', { baseline, draw, rows });
  expect(said?.windows).toBeGreaterThanOrEqual(seen / 2);
  expect(said?.windows).toBeLessThanOrEqual(seen * 2);
});

it('says about when a number is called', () => {
  const random = seededRandom(2);
  const one = (next: () => number) =>
    1_000 * Math.exp(0.6 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
  const baseline = Array.from({ length: 2_000 }, () => one(random));
  const question = {
    signal: 'latency_ms',
    baseline: sampleOf(summarize(baseline)),
    rowsPerWindow: 40,
    level: LEVEL,
  };
  const said = windowsToSee({ ...question, change: 0.3 });
  const seen = medianByDraws('latency_ms', { baseline, draw: (next) => 1.3 * one(next), rows: 40 });
  expect(said?.windows).toBeGreaterThanOrEqual(seen / 2);
  expect(said?.windows).toBeLessThanOrEqual(seen * 2);
  expect(windowsToSee({ ...question, change: 0.02 })).toBeNull();
});

it('never sees a change of none, and sees a larger one sooner', () => {
  const baseline = {
    count: 1_000,
    sum: 100,
    bins: [
      [0, 900],
      [GRID_ONE, 100],
    ] as const,
  };
  const question = { signal: 'refusal', baseline, rowsPerWindow: 100, level: LEVEL };
  expect(windowsToSee({ ...question, change: 0 })).toBeNull();
  const windows = [0.05, 0.1, 0.3].map(
    (change) => windowsToSee({ ...question, change })?.windows ?? Infinity,
  );
  expect(windows).toEqual(windows.toSorted((a, b) => b - a));
});

it('gives the rows of the table in methods §4.4', () => {
  // 1→2 % and 5→8 % at α .05, at .05/100.
  expect(rowsOfComparison(0.01, 0.01, 0.05)).toBeCloseTo(2_319, -2);
  expect(rowsOfComparison(0.05, 0.03, 0.05)).toBeCloseTo(1_059, -2);
  expect(rowsOfComparison(0.01, 0.01, 0.05 / 100)).toBeCloseTo(5_511, -2);
});
