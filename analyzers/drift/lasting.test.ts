import { describe, expect, it } from 'vitest';
import { sessionBin } from '../../core/grid.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { summarize } from '../../core/summary.ts';
import { altered } from '../../test/support/altered-state.ts';
import { normal } from '../../test/support/hourly-world.ts';
import { stepStream } from '../stream.ts';
import { DEFAULT_STREAM_OPTIONS, type StreamOptions } from '../stream-options.ts';
import type { StreamState } from '../stream-state.ts';
import { addToBlocks, lastingAt, lastingOf, NO_BLOCKS } from './lasting.ts';

/** Blocks of a series, of one score. */
function blocksOf(series: readonly number[]) {
  return series.reduce((blocks, z, index) => addToBlocks(blocks, [z], index > 0), NO_BLOCKS);
}

function followed(autocorrelation: number, windows: number, seed: number): number[] {
  const random = seededRandom(seed);
  const series: number[] = [];
  for (let window = 0; window < windows; window++)
    series.push(
      autocorrelation * (series.at(-1) ?? 0) + Math.sqrt(1 - autocorrelation ** 2) * normal(random),
    );
  return series;
}

describe('how neighbours move together', () => {
  it('is nothing of independent windows', () => {
    const believed = Array.from({ length: 60 }, (_, seed) =>
      lastingOf(blocksOf(followed(0, 672, seed)), 0, 0),
    );
    expect(believed.filter((one) => one !== null).length).toBeLessThanOrEqual(3);
  });

  it('is found, raised by what is uncertain, and is nothing more once the forecast knows it', () => {
    const blocks = blocksOf(followed(0.5, 20_000, 1));
    const lasting = lastingOf(blocks, 0, 0);
    // 1 + 2 Σ (1 − k / L) a^k: 1.5 of two windows, 2.88 of 32.
    expect(lasting?.[0]).toBeCloseTo(1.5, 1);
    expect(lasting?.[4]).toBeGreaterThan(2.6);
    expect(lasting?.[4]).toBeLessThan(3.5);
    expect(lastingOf(blocks, 0, 0.5)).toBeNull();
  });

  it('takes blocks without a gap', () => {
    let blocks = NO_BLOCKS;
    for (let window = 0; window < 100; window++) blocks = addToBlocks(blocks, [1], window % 3 > 0);
    expect(blocks.counts.slice(0, 2)).toEqual([33, 0]);
  });

  it('is read between lengths, and beyond the longest as there', () => {
    const lasting = [1.5, 2, 3];
    expect(
      [1, 2, 3, 8, 1000, Number.POSITIVE_INFINITY].map((windows) => lastingAt(lasting, windows)),
    ).toEqual([1, 1.5, 1.5 + 0.5 * Math.log2(1.5), 3, 3, 3]);
    expect(lastingAt(null, 10)).toBe(1);
  });
});

const WEEK = 2016;
const LEVEL = 1e-3;

/** Windows of five minutes with a row each of 60 sessions, which go on for some windows; equal rows with chance `correlation`. */
function falseAlarms(at: {
  readonly sessionWindows: number;
  readonly correlation: number;
  readonly isKnown: boolean;
  readonly seed: number;
}): number {
  const random = seededRandom(at.seed);
  const draw = () => (random() < 0.1 ? 1 : 0);
  const begun = (left: number) => ({ left, value: draw(), isLump: random() < at.correlation });
  const sessions = Array.from({ length: 60 }, () => begun(1 + Math.floor(random() * at.sessionWindows)));
  const options: StreamOptions = { ...DEFAULT_STREAM_OPTIONS, isTimed: true, levelOf: () => LEVEL };
  let [state, alarms, isAlarm]: [StreamState | null, number, boolean] = [null, 0, false];
  for (let window = 0; window < 2 * WEEK; window++) {
    const values = sessions.map(({ isLump, value }) => (isLump ? value : draw()));
    for (const [index, session] of sessions.entries())
      if (--session.left <= 0) sessions[index] = begun(at.sessionWindows);
    const since = new Date(Date.UTC(2026, 0, 5) + window * 300_000);
    const one = sessionBin(5000);
    const ones = values.reduce((sum: number, value) => sum + value, 0);
    const sums = { rows: 60, squares: 60, binSquares: ones * one * one, rowsTimesBins: ones * one };
    const step = stepStream(
      state,
      new Map([['refusal', summarize(values)]]),
      {
        since,
        until: new Date(since.getTime() + 300_000),
        rows: 60,
        sessions: new Map([['refusal', sums]]),
      },
      options,
    );
    state = at.isKnown ? step.state : withoutLasting(step.state);
    const was = isAlarm;
    isAlarm = step.findings.some(({ outcome }) => outcome === 'alarm');
    if (window >= WEEK && isAlarm && !was) alarms++;
  }
  return alarms;
}

const withoutLasting = (state: StreamState): StreamState =>
  altered(state, (scores) => scores.map(({ lasting: _, ...score }) => score));

describe('sessions that outlast their windows', () => {
  it('are known by their windows: without it, conversations of an hour raise false alarms', () => {
    const total = (isKnown: boolean) =>
      [1, 2].reduce(
        (sum, seed) => sum + falseAlarms({ sessionWindows: 20, correlation: 0.15, isKnown, seed }),
        0,
      );
    // Two weeks of windows at one in a thousand: 4.
    expect(total(true)).toBeLessThanOrEqual(6);
    expect(total(false)).toBeGreaterThanOrEqual(15);
  });
});
