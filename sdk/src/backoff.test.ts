import { describe, expect, it } from 'vitest';
import { FAILURES_TO_OPEN, retryAfterMsOf, retryDelayMs } from './backoff.ts';
import { verdictOf } from './verdict.ts';

describe('the wait before the next try', () => {
  it('is anything up to a bound that doubles', () => {
    expect([1, 2, 3, 4].map((failures) => retryDelayMs(failures, 0.5, null))).toEqual([250, 500, 1000, 2000]);
    expect(retryDelayMs(1, 0, null)).toBe(0);
  });

  it('is 15 to 30 s once the circuit is open, for ever', () => {
    for (const failures of [FAILURES_TO_OPEN, 50, 1e6]) {
      expect(retryDelayMs(failures, 0, null)).toBe(15_000);
      expect(retryDelayMs(failures, 1, null)).toBe(30_000);
    }
  });

  it('is at least what was asked for, and at most five minutes of it', () => {
    expect(retryDelayMs(1, 0, 7000)).toBe(7000);
    expect(retryDelayMs(FAILURES_TO_OPEN, 0, 7000)).toBe(15_000);
    expect(retryDelayMs(1, 0, 86_400_000)).toBe(300_000);
  });

  it.each([
    ['120', 120_000],
    [' 1.5 ', 1500],
    ['Thu, 01 Jan 1970 00:01:40 GMT', 90_000],
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
    ['soon', null],
    ['', null],
    [undefined, null],
  ])('reads Retry-After: %s', (header, expected) => {
    expect(retryAfterMsOf(header, 10_000)).toBe(expected);
  });
});

describe('what an answer means', () => {
  const verdict = (status: number, text = '', count = 2) =>
    verdictOf({ status, text, retryAfter: '3' }, { count, nowMs: 0 });
  const arrived = { kind: 'arrived', rejectedCount: 0, firstRejection: '' };
  const judged = '{"rejected_count":1,"rejected":[{"line":2,"reason":"no model"}]}';
  const oneRejected = { kind: 'arrived', rejectedCount: 1, firstRejection: '{"line":2,"reason":"no model"}' };

  it.each([
    [200, '', arrived],
    [204, 'null', arrived],
    [200, '<html>', arrived],
    [200, '{"rejected_count":"all"}', arrived],
    [207, judged, oneRejected],
    [400, judged, oneRejected],
    [200, '{"rejected_count":1,"rejected":{}}', { ...oneRejected, firstRejection: '' }],
    [400, 'bad request', { kind: 'refused', reason: 'refused' }],
    [401, '', { kind: 'refused', reason: 'refused' }],
    [302, '', { kind: 'refused', reason: 'refused' }],
    [0, '', { kind: 'refused', reason: 'refused' }],
    [408, '', { kind: 'again', retryAfterMs: 3000 }],
    [429, '', { kind: 'again', retryAfterMs: 3000 }],
    [500, judged, { kind: 'again', retryAfterMs: 3000 }],
    [413, '', { kind: 'smaller' }],
  ])('%i %s', (status, text, expected) => {
    expect(verdict(status, text)).toEqual(expected);
  });

  it('413 for one record: it will never fit', () => {
    expect(verdict(413, '', 1)).toEqual({ kind: 'refused', reason: 'too_large' });
  });
});
