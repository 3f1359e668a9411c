import { expect, it } from 'vitest';
import { askedSpan } from './asked-span.ts';
import { Duration } from './config-values.ts';

const NOW = new Date('2026-11-29T12:00:00.000Z');
const span = (asked: Parameters<typeof askedSpan>[0]): string[] => {
  const { since, until } = askedSpan(asked, NOW);
  return [since.toISOString(), until.toISOString()];
};

it.each([
  [{}, '1970-01-01T00:00:00.000Z', '2026-11-30T12:00:00.000Z'],
  [{ last: 36e5 }, '2026-11-29T11:00:00.000Z', '2026-11-30T12:00:00.000Z'],
  [{ last: 30_000 * 864e5 }, '1970-01-01T00:00:00.000Z', '2026-11-30T12:00:00.000Z'],
  [
    { since: '1960-01-01T00:00:00Z', until: '2200-01-01T00:00:00Z' },
    '1970-01-01T00:00:00.000Z',
    '2100-01-01T00:00:00.000Z',
  ],
  [
    { since: '2026-11-01T02:00:00+02:00', last: 36e5 },
    '2026-11-01T00:00:00.000Z',
    '2026-11-30T12:00:00.000Z',
  ],
])('%j is the span that can be stored', (asked, since, until) => {
  expect(span(asked)).toEqual([since, until]);
});

it('is refused where nothing can lie in it', () => {
  for (const asked of [
    { until: '1960-01-01T00:00:00Z' },
    { since: '2150-01-01T00:00:00Z', until: '2200-01-01T00:00:00Z' },
    { since: '2026-11-02T00:00:00Z', until: '2026-11-01T00:00:00Z' },
  ])
    expect(() => span(asked)).toThrow('since: expected an instant before until');
});

it('a duration of more than a century is refused', () => {
  expect(Duration.parse('36525d')).toBe(36_525 * 864e5);
  for (const text of ['36526d', '999999999d', `${'9'.repeat(400)}ms`])
    expect(Duration.safeParse(text).error?.issues[0]?.message).toBe('expected at most 36525d');
});
