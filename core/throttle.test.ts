import { expect, it } from 'vitest';
import { createThrottle } from './throttle.ts';

it('tells each key once in a period, and what it did not tell', () => {
  let now = 0;
  const throttle = createThrottle(1_000, () => now);
  expect(throttle('a')).toEqual({ skipped: 0 });
  now = 500;
  expect(throttle('a')).toBeNull();
  expect(throttle('b')).toEqual({ skipped: 0 });
  now = 999;
  expect(throttle('a')).toBeNull();
  now = 1_000;
  expect(throttle('a')).toEqual({ skipped: 2 });
  expect(throttle('a')).toBeNull();
});

it('remembers a bounded number of keys', () => {
  const throttle = createThrottle(1_000, () => 0);
  for (let key = 0; key < 1_000; key++) expect(throttle(String(key))).toEqual({ skipped: 0 });
  expect(throttle('999')).toBeNull();
});
