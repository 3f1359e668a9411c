import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinState, type StateParts, splitState } from './state-parts.ts';

const bins = (seed: number) => Array.from({ length: 80 }, (_, i) => [i * 3 - 90 + seed, i + 1] as const);
const signal = (seed: number, step: number) => ({
  baseline: { count: 9, bins: bins(seed) },
  recent: [{ bins: bins(step) }],
  step,
});
const partsOf = ({ moving, added }: StateParts, others: Iterable<readonly [string, string]> = []) =>
  new Map([...others, ...added, ['', moving]]);

it('gives back what was split, whatever it is', () => {
  fc.assert(
    fc.property(fc.object({ maxDepth: 5 }), fc.object({ maxDepth: 3 }), (state, change) => {
      const json = JSON.parse(JSON.stringify(state));
      const first = splitState(json, null, new Set());
      expect(joinState(partsOf(first))).toEqual(json);
      const next = { ...json, changed: JSON.parse(JSON.stringify(change)) };
      const second = splitState(next, json, new Set(first.added.keys()));
      expect(joinState(partsOf(second, first.added))).toEqual(next);
    }),
  );
});

it('writes what stands still once, and what moves each time', () => {
  const start = { stream: { signals: { a: signal(1, 0), b: signal(2, 0) } } };
  const stored = new Map<string, string>();
  const moving: number[] = [];
  const addedEach: number[] = [];
  let state: typeof start = start;
  let before: typeof start | null = null;
  for (let step = 1; step <= 4; step++) {
    const { a, b } = state.stream.signals;
    const next = {
      stream: { signals: { a: { ...a, step, recent: [{ bins: bins(step) }] }, b: { ...b, step } } },
    };
    const split = splitState(next, before, new Set(stored.keys()));
    for (const [name, text] of split.added) stored.set(name, text);
    moving.push(split.moving.length);
    addedEach.push(split.added.size);
    // Read again, as after a start.
    const joined = joinState(new Map([...stored, ['', split.moving]])) as typeof start;
    expect(joined).toEqual(next);
    before = step === 3 ? joined : next;
    state = before;
  }
  // The baselines of both signals; `recent` of the second is an array and stays.
  expect(addedEach).toEqual([0, 2, 0, 0]);
  expect(moving[2]).toBeLessThan((moving[0] ?? 0) * 0.7);
});

it('writes a part again that was not stored after all', () => {
  const before = { stream: { baseline: { bins: bins(1) } } };
  const after = { ...before, n: 1 };
  const failed = splitState(after, before, new Set());
  expect(splitState(after, before, new Set()).added).toEqual(failed.added);
  expect(splitState(after, before, new Set(failed.added.keys())).added.size).toBe(0);
});

it('does not take a state whose part is missing for a shorter one', () => {
  const state = { stream: { baseline: { bins: bins(1) } } };
  const split = splitState({ ...state, n: 1 }, state, new Set());
  expect(split.added.size).toBe(1);
  expect(() => joinState(new Map([['', split.moving]]))).toThrow('names a part that is not stored');
});
