import { describe, expect, it } from 'vitest';
import { summarize } from '../core/summary.ts';
import { type StreamStep, stepStream } from './stream.ts';
import { DEFAULT_STREAM_OPTIONS, type StreamOptions } from './stream-options.ts';
import {
  baselineState,
  baselinesOf,
  type Predecessor,
  parseStreamState,
  predecessorFrom,
  type StreamState,
  serializeStreamState,
} from './stream-state.ts';

const OPTIONS: StreamOptions = { ...DEFAULT_STREAM_OPTIONS, baselineRowsMin: 200 };

/** A small generator with a seed: the tests are the same every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Source {
  readonly latencyScale: number;
  readonly correctRate: number;
}

const OLD: Source = { latencyScale: 1, correctRate: 0.85 };
const BAD: Source = { latencyScale: 2.5, correctRate: 0.5 };

function windowOf({ latencyScale, correctRate }: Source, rows: number, random: () => number) {
  const many = (read: () => number) => summarize(Array.from({ length: rows }, read));
  return new Map([
    ['latency_ms', many(() => latencyScale * (200 + 800 * random()))],
    ['score:correct', many(() => (random() < correctRate ? 1 : 0))],
  ]);
}

function run(
  sources: readonly Source[],
  at: {
    state?: StreamState;
    predecessor?: Predecessor;
    options?: StreamOptions;
    rows?: number;
    seed?: number;
  } = {},
): StreamStep[] {
  const random = generator(at.seed ?? 1);
  const rows = at.rows ?? 25;
  let state = at.state ?? null;
  return sources.map((source, index) => {
    const window = { since: new Date(index * 60_000), until: new Date((index + 1) * 60_000), rows };
    const step = stepStream(
      state,
      windowOf(source, rows, random),
      window,
      at.options ?? OPTIONS,
      at.predecessor ?? null,
    );
    state = parseStreamState(serializeStreamState(step.state));
    expect(state).toEqual(step.state);
    return step;
  });
}

const times = (count: number, source: Source) => Array.from({ length: count }, () => source);
const alarmsOf = (step: StreamStep | undefined) =>
  (step?.findings ?? []).filter(({ outcome }) => outcome === 'alarm').map(({ signal }) => signal);

const BEFORE = predecessorFrom('v1', baselineState(windowOf(OLD, 500, generator(9)), 'old')) as Predecessor;

describe('stepStream', () => {
  it('learns first and says how many rows are missing, then watches, then finds the change', () => {
    const steps = run([...times(16, OLD), ...times(3, BAD)]);
    expect(steps[0]?.findings.map(({ outcome, rowsNeeded }) => [outcome, rowsNeeded])).toEqual([
      ['not_enough_data', 175],
      ['not_enough_data', 175],
    ]);
    expect(steps.map(({ state }) => state.phase).indexOf('watching')).toBe(7);
    expect(steps[7]?.rebaselined).toEqual([
      { signal: 'latency_ms', reason: 'learned', rows: 200 },
      { signal: 'score:correct', reason: 'learned', rows: 200 },
    ]);
    expect(steps.slice(0, 16).flatMap(alarmsOf)).toEqual([]);
    expect(alarmsOf(steps.at(-1)).sort()).toEqual(['latency_ms', 'score:correct']);
    expect(steps.at(-1)?.findings.every(({ verdict }) => verdict === 'regression')).toBe(true);
  });

  it('watches from the first window against a given baseline', () => {
    const given = baselineState(windowOf(OLD, 500, generator(9)), 'a file');
    const steps = run([OLD, OLD, BAD, BAD], { state: given });
    expect(steps[0]?.state.baselineLabel).toBe('a file');
    expect(alarmsOf(steps[1])).toEqual([]);
    expect(alarmsOf(steps[3]).sort()).toEqual(['latency_ms', 'score:correct']);
  });

  it('compares a declared version at its looks only, then watches it against itself', () => {
    const steps = run(times(40, BAD), { predecessor: BEFORE });
    expect(steps[0]?.state.phase).toBe('comparing');
    expect(steps[0]?.findings.map(({ rowsNeeded }) => rowsNeeded)).toEqual([25, 25]);
    const told = steps.flatMap((step, index) => (alarmsOf(step).length > 0 ? [(index + 1) * 25] : []));
    expect(told).toEqual([50, 100, 200, 400, 800]);
    const [finding] = steps[1]?.findings ?? [];
    expect(finding).toMatchObject({
      detector: 'version_comparison',
      baselineVersion: 'v1',
      verdict: 'regression',
    });
    expect(steps[31]?.state.phase).toBe('watching');
    expect(baselinesOf(steps[31]?.state as StreamState)?.get('latency_ms')?.count).toBe(800);
  });

  it('says aloud when what a declared version changed is accepted as normal', () => {
    const options = { ...OPTIONS, acceptAfterWindows: 10 };
    const steps = run(times(50, BAD), { predecessor: BEFORE, options });
    const accepted = steps.flatMap(({ findings }, index) =>
      findings.filter(({ becameBaseline }) => becameBaseline).map(({ signal }) => [index, signal]),
    );
    // 800 rows are 32 windows; the tenth after them is the 42nd.
    expect(accepted).toEqual([
      [41, 'latency_ms'],
      [41, 'score:correct'],
    ]);
  });

  it('says nothing of a declared version that is the same', () => {
    const steps = run(times(33, OLD), { predecessor: BEFORE });
    expect(steps.flatMap(alarmsOf)).toEqual([]);
  });

  it('gives a signal that comes late a baseline of its own', () => {
    const given = baselineState(new Map([...windowOf(OLD, 500, generator(9))].slice(0, 1)), 'a file');
    const steps = run(times(9, OLD), { state: given });
    expect(steps[6]?.findings[1]).toMatchObject({ outcome: 'not_enough_data', rowsNeeded: 25 });
    expect(steps[7]?.rebaselined).toEqual([{ signal: 'score:correct', reason: 'learned', rows: 200 }]);
    expect(steps[8]?.findings[1]?.outcome).toBe('quiet');
  });

  it('accepts a change as normal after the set number of windows, and says so', () => {
    const given = baselineState(windowOf(OLD, 500, generator(9)), 'a file');
    const steps = run(times(60, BAD), { state: given, options: { ...OPTIONS, acceptAfterWindows: 30 } });
    const accepted = steps.flatMap(({ rebaselined }, index) =>
      rebaselined.map(({ signal, reason }) => ({ index, signal, reason })),
    );
    expect(accepted.map(({ signal, reason }) => `${signal} ${reason}`).sort()).toEqual([
      'latency_ms accepted',
      'score:correct accepted',
    ]);
    const at = Math.max(...accepted.map(({ index }) => index));
    expect(steps[at]?.findings.some(({ becameBaseline }) => becameBaseline)).toBe(true);
    expect(steps.slice(at + 1).flatMap(alarmsOf)).toEqual([]);
  });

  it('moves a trailing baseline only when asked to', () => {
    const given = baselineState(windowOf(OLD, 500, generator(9)), 'a file');
    const fixed = run(times(30, OLD), { state: given });
    expect(fixed.flatMap(({ rebaselined }) => rebaselined)).toEqual([]);
    const trailing = run(times(30, OLD), {
      state: given,
      options: { ...OPTIONS, baselineRefreshWindows: 20 },
    });
    expect(trailing[19]?.rebaselined.map(({ reason, rows }) => [reason, rows])).toEqual([
      ['refreshed', 500],
      ['refreshed', 500],
    ]);
  });

  it('reads a window without rows as not enough data', () => {
    const given = baselineState(windowOf(OLD, 500, generator(9)), 'a file');
    const [step] = run([OLD], { state: given, rows: 0 });
    expect(step?.findings.map(({ outcome }) => outcome)).toEqual(['not_enough_data', 'not_enough_data']);
  });

  it('refuses a state that another version wrote', () => {
    expect(() => parseStreamState('{"version":99}')).toThrow(/another version/);
  });

  it('stays within its budget on unchanging streams', () => {
    let [windows, alarms] = [0, 0];
    const options = { ...OPTIONS, windowsPerFalseAlarm: 100 };
    for (let seed = 1; seed <= 30; seed++) {
      const given = baselineState(windowOf(OLD, 500, generator(seed * 7919)), 'a half');
      const steps = run(times(40, OLD), { state: given, options, seed });
      windows += steps.length;
      alarms += new Set(steps.flatMap(alarmsOf)).size;
    }
    // 1,200 windows at one in 100: 12 expected at most; 22 or more would happen once in 200 if it were all spent.
    expect(windows).toBe(1200);
    expect(alarms).toBeLessThan(22);
  });
});
