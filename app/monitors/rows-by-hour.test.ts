import { expect, it } from 'vitest';
import { rowsByHour } from './rows-by-hour.ts';

const HOUR = 3_600_000;
/** A Monday. */
const START = Date.UTC(2026, 0, 5);

/** So many hours: 10 in the first of each day, 2 in the others, and nothing in the 24 of a Sunday. */
const past = (hours: number) =>
  Array.from({ length: hours }, (_, hour) => ({
    sinceMs: START + hour * HOUR,
    rows: hour % 24 === 0 ? 10 : 2,
  })).filter(({ sinceMs }) => new Date(sinceMs).getUTCDay() !== 0);
const at = (hours: number) => new Date(START + hours * HOUR);

it('knows the hours of the week after a week', () => {
  const rows = rowsByHour(past(168), START + 168 * HOUR);
  expect([0, 1, 24 * 6, 24 * 6 + 5].map((hour) => rows(at(168 + hour)))).toEqual([10, 2, 0, 0]);
});

it('knows the hours of the day after a day, and the mean before', () => {
  expect([0, 1].map((hour) => rowsByHour(past(48), START + 48 * HOUR)(at(96 + hour)))).toEqual([10, 2]);
  expect(rowsByHour(past(4), START + 4 * HOUR)(at(100))).toBe(4);
  expect(rowsByHour([], START)(at(3))).toBe(0);
});
