import { expect, it } from 'vitest';
import { formatAgo, formatInstant, formatTick } from './instants.ts';

// Local times, so that the test holds in every time zone.
const now = new Date(2026, 10, 22, 14, 40);

it.each([
  [new Date(2026, 10, 22, 4, 5), '04:05'],
  [new Date(2026, 10, 21, 23, 59), '21 Nov, 23:59'],
  [new Date(2023, 2, 12, 23, 59), '12 Mar 2023'],
])('formatInstant is as short as is clear: %s', (at, text) => {
  expect(formatInstant(at, now)).toBe(text);
});

it.each([
  [new Date(2026, 10, 22, 14, 0), 3_600_000, '14:00'],
  [new Date(2026, 10, 22, 0, 0), 3_600_000, '22 Nov'],
  [new Date(2026, 10, 22, 14, 0), 86_400_000, '22 Nov'],
])('formatTick names the day where it begins: %s', (at, stepMs, text) => {
  expect(formatTick(at, stepMs)).toBe(text);
});

it('formatAgo is no finer than what is known', () => {
  expect(formatAgo(new Date(now.getTime() - 70_000), now)).toBe('now');
  expect(formatAgo(new Date(now.getTime() + 5_000), now)).toBe('now');
  expect(formatAgo(new Date(now.getTime() - 720_000), now)).toBe('12\u202fmin ago');
});
