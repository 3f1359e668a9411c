import { expect, it } from 'vitest';
import { IdFilter } from './id-filter.ts';

it('never calls a known id new, and rarely a new one known', () => {
  const filter = new IdFilter(100_000);
  for (let i = 0; i < 100_000; i++) filter.add('p', `id-${i}`);
  let knownCalledNew = 0;
  for (let i = 0; i < 100_000; i++) if (filter.add('p', `id-${i}`)) knownCalledNew++;
  expect(knownCalledNew).toBe(0);
  expect(filter.count).toBeGreaterThan(99_800);
});

it('tells projects apart', () => {
  const filter = new IdFilter(1_000);
  expect(filter.add('a', 'x')).toBe(true);
  expect(filter.add('b', 'x')).toBe(true);
  expect(filter.add('a', 'x')).toBe(false);
});
