import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlainTimestamp, parseTimestamp } from './timestamp.ts';

describe('parseTimestamp', () => {
  it('agrees with Date on every instant and every offset', () => {
    const instant = fc.date({
      min: new Date('0100-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    void fc.assert(
      fc.property(instant, offset, (at, offsetMinutes) => {
        const local = new Date(at.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1);
        const sign = offsetMinutes < 0 ? '-' : '+';
        const size = Math.abs(offsetMinutes);
        const zone = `${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
        expect(parseTimestamp(at.toISOString())).toBe(at.getTime());
        expect(parseTimestamp(`${local}${sign}${zone}`)).toBe(at.getTime());
      }),
    );
  });

  it.each([
    ['2026-11-22T10:00:00Z', '2026-11-22T10:00:00.000Z'],
    ['2026-11-22T10:00:00.1Z', '2026-11-22T10:00:00.100Z'],
    ['2026-11-22T10:00:00.123456+00:00', '2026-11-22T10:00:00.123Z'],
    ['2026-11-22T10:00:00.999999999Z', '2026-11-22T10:00:00.999Z'],
    ['2026-11-22 10:00:00-01:30', '2026-11-22T11:30:00.000Z'],
    ['2026-11-22t10:00:00z', '2026-11-22T10:00:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
  ])('reads %s', (text, iso) => {
    expect(new Date(parseTimestamp(text)).toISOString()).toBe(iso);
  });

  it.each([
    '',
    '2026-11-22',
    '2026-11-22T10:00:00',
    '2026-11-22T10:00Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T10:60:00Z',
    '2026-11-22T23:59:60Z',
    '2026-11-22T10:00:00.Z',
    '2026-11-22T10:00:00ZZ',
    '2026-11-22T10:00:00+0100',
    '2026-11-22T10:00:00+24:00',
    '2026-11-22T10:00:00+01:0x',
    '2026-11-22T10:00:00 Z',
    '2026/11/22T10:00:00Z',
    '2026-11-22_10:00:00Z',
    '+02026-11-22T10:00:00Z',
    '0001-01-01T00:00:00Z',
    '２０２６-11-22T10:00:00Z',
  ])('refuses "%s"', (text) => {
    expect(parseTimestamp(text)).toBeNaN();
  });

  it('tells the spellings that not every parser takes', () => {
    expect(isPlainTimestamp('2026-11-22T10:00:00.123+01:00')).toBe(true);
    expect(isPlainTimestamp('2026-11-22 10:00:00Z')).toBe(false);
    expect(isPlainTimestamp('2026-11-22T10:00:00z')).toBe(false);
  });
});
