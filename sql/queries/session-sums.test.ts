import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamName } from '../../core/finding.ts';
import { binOf, sessionBin } from '../../core/grid.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { sessionHistory } from './session-history.ts';
import { sessionSums } from './session-sums.ts';
import { rowWindows } from './windows.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const HOUR = { since: new Date(T0), until: new Date(T0 + 3_600_000) };
const NO_ONE = { since: new Date(T0 + 3_600_000), until: new Date(T0 + 7_200_000) };
const ACCOUNT_HOUR = { since: new Date(T0 + 7_200_000), until: new Date(T0 + 10_800_000) };
const KEY = { project: 'default', model: 'm', version: '1', segment: '' };

let temp: TempStore;

const inference = (at: number, change: object) => ({
  id: `i${at}`,
  timestamp: new Date(T0 + at * 1_000).toISOString(),
  received_at: new Date(T0 + at * 1_000).toISOString(),
  model: 'm',
  version: '1',
  attributes: { tier: at % 2 === 0 ? 'free' : 'paid' },
  ...change,
});

beforeAll(async () => {
  temp = await openTempStore('sessions');
  const rows = [
    // A conversation of three, of which two are refused; a user's two; one alone; and an hour of nobody's.
    ...[1, 1, 0].map((refusal, i) =>
      inference(i, { refusal, latency_ms: 100 * (i + 1), session: 's', language: ['de', 'de', 'en'][i] }),
    ),
    ...[0, 1].map((refusal, i) => inference(10 + i, { refusal, latency_ms: 50, user: 'u' })),
    inference(20, { refusal: 0, latency_ms: 0, language: 'en' }),
    inference(3_700, { refusal: 0, latency_ms: 5 }),
    // An account that all calls of an hour go through, but for a conversation.
    ...Array.from({ length: 60 }, (_, i) => inference(7_300 + i, { refusal: i % 2, user: 'service' })),
    ...[1, 1].map((refusal, i) => inference(7_400 + i, { refusal, session: 't' })),
  ];
  const lines = rows
    .map(
      (row) => `${JSON.stringify(row)}
`,
    )
    .join('');
  await temp.store.insertLines('inferences', Buffer.from(lines));
});

afterAll(() => temp.close());

describe('sessionSums', () => {
  const sumsOf = async (span: typeof HOUR, segment: string) =>
    (await sessionSums(temp.store, span, async () => ['', 'tier=free', 'tier=(other)'])).get(
      streamName({ ...KEY, segment }),
    );

  it('adds up rows and bins by session, user, or alone', async () => {
    const one = sessionBin(binOf(1));
    const zero = sessionBin(0);
    const ofRefusals = [2 * one + zero, zero + one, zero];
    expect((await sumsOf(HOUR, ''))?.get('refusal')).toEqual({
      rows: 6,
      squares: 9 + 4 + 1,
      binSquares: ofRefusals.reduce((sum, bins) => sum + bins ** 2, 0),
      rowsTimesBins: 3 * (ofRefusals[0] ?? 0) + 2 * (ofRefusals[1] ?? 0) + (ofRefusals[2] ?? 0),
    });
    // Rows 0 and 2 of the conversation, 10 of the user's, and 20.
    expect((await sumsOf(HOUR, 'tier=free'))?.get('latency_ms')).toMatchObject({
      rows: 4,
      squares: 4 + 1 + 1,
    });
    expect(await sumsOf(HOUR, 'tier=(other)')).toBe(undefined);
  });

  it('of a category says how many rows of a session are of one', async () => {
    // Two of German and one of English together, and one of English alone.
    expect((await sumsOf(HOUR, ''))?.get('language')).toEqual({
      rows: 4,
      squares: 9 + 1,
      binSquares: 4 + 1 + 1,
      rowsTimesBins: 0,
    });
  });

  it('says nothing where nobody has a session', async () => {
    expect(await sumsOf(NO_ONE, '')).toBe(undefined);
  });

  it('takes an account that all calls go through for no conversation', async () => {
    expect((await sumsOf(ACCOUNT_HOUR, ''))?.get('refusal')).toMatchObject({ rows: 2, squares: 4 });
  });
});

it('says the same of a stream window by window as of a span', async () => {
  const span = { since: HOUR.since, until: new Date(T0 + 3 * 3_600_000), windowMs: 3_600_000 };
  const segments = async () => ['', 'tier=free'];
  for (const segment of ['', 'tier=free']) {
    const key = { ...KEY, segment };
    const history = await sessionHistory(temp.store, key, span);
    for (const range of [HOUR, ACCOUNT_HOUR]) {
      const once = (await sessionSums(temp.store, range, segments)).get(streamName(key));
      expect(history.get(range.since.getTime())).toEqual(once);
    }
  }
  expect((await sessionHistory(temp.store, { ...KEY, model: 'other' }, span)).size).toBe(0);
});

it('windows of rows know their sessions', async () => {
  const options = { before: new Date(T0 + 1e8), rowsPerWindow: 5, windowsMax: 4 };
  const [first] = await rowWindows(temp.store, KEY, { ...options, after: null });
  expect(first?.sessions?.get('refusal')).toMatchObject({ rows: 5, squares: 9 + 4 });
});
