import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatExact,
  formatNumber,
  formatPair,
  formatPoints,
  formatShare,
  formatSigned,
  formatSpan,
  formatTimes,
  formatValue,
  plural,
} from './format.ts';

/** Thin spaces read as plain ones in the expectations. */
const spaced = (text: string): string => text.replaceAll('\u202f', ' ');

describe('formatValue', () => {
  it.each([
    [812.4, 'ms', '812 ms'],
    [0.4217, 'ms', '0.422 ms'],
    [6714, 'ms', '6.71 s'],
    [180_000, 'ms', '3 min'],
    [9_000_000, 'ms', '2.5 h'],
    [2100, 'µ$', '$0.0021'],
    [374, 'µ$', '$0.000374'],
    [1_234_000, 'µ$', '$1.23'],
    [-2100, 'µ$', '−$0.0021'],
    [0, 'µ$', '$0'],
    [0.511, 'share', '51 %'],
    [637.6, 'characters', '638 characters'],
    [12_345, 'tokens', '12,345 tokens'],
    [1, 'words', '1 word'],
    [38.2, 'tokens/s', '38.2 tokens/s'],
    [0.8612, 'cosine', '0.861'],
    [-12.34, 'points', '−12.3 points'],
    [null, 'characters', '–'],
    [Number.NaN, 'ms', '–'],
    [-0.0000000001, 'score', '0'],
  ])('%s %s is %s', (value, unit, expected) => {
    expect(spaced(formatValue(value, unit))).toBe(expected);
  });

  it('takes the middle of a one per cent bin for the whole number it stands for', () => {
    expect(formatValue(3.98, 'characters')).toBe('4 characters');
    expect(formatValue(3.9, 'characters')).toBe('3.9 characters');
    expect(formatValue(3.98, 'points')).toBe('3.98 points');
  });
});

describe('the other forms', () => {
  it('say a unit once for a pair', () => {
    expect(formatPair(637.6, 3.98, 'characters')).toBe('638 → 4 characters');
    expect(spaced(formatPair(0.84, 0.511, 'share'))).toBe('84 % → 51 %');
    expect(formatPair(null, 4, 'characters')).toBe('– → 4 characters');
  });

  it('never round a share up to all or down to none', () => {
    expect(
      [0, 0.00001, 0.0042, 0.0421, 0.9937, 0.99999, 1].map((share) => spaced(formatShare(share))),
    ).toEqual(['0 %', '< 0.01 %', '0.42 %', '4.2 %', '99.3 %', '99.9 %', '100 %']);
  });

  it('show large numbers short', () => {
    expect([999, 1234, 2_500_000, 3e9, 4e12].map((value) => spaced(formatNumber(value)))).toEqual([
      '999',
      '1,234',
      '2.5 M',
      '3 G',
      '4 T',
    ]);
    expect(formatCount(4000)).toBe('4,000');
  });

  it('show effects with their sign', () => {
    expect([-0.93, 0.1, 0.001].map(formatSigned)).toEqual(['−0.93', '+0.10', '0.00']);
    expect([-0.3291, 0.08, 0.00001].map(formatPoints)).toEqual(['−32.9', '+8', '0']);
    expect([1.26, 37, 5000].map((multiple) => spaced(formatTimes(multiple)))).toEqual([
      '1.3 ×',
      '37 ×',
      'over 1,000 ×',
    ]);
  });

  it('show time', () => {
    expect(formatExact(new Date('2026-11-22T14:05:03.999Z'))).toBe('2026-11-22 14:05:03 UTC');
    expect([400, 8000, 700_000, 18e6, 3e8].map((ms) => spaced(formatSpan(ms)))).toEqual([
      '0 s',
      '8 s',
      '12 min',
      '5 h',
      '3 d',
    ]);
    expect([plural(1, 'row'), plural(75, 'row')]).toEqual(['1 row', '75 rows']);
  });
});
