import { afterAll, beforeAll, expect, it } from 'vitest';
import { explain } from '../../analyzers/cause/explain.ts';
import type { Cause } from '../../core/cause.ts';
import { causeWords } from '../../core/cause-words.ts';
import type { Incident } from '../../core/incident.ts';
import { createLogger } from '../../core/log.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import type { Store } from '../../sql/client.ts';
import { rollUp } from '../../sql/rollup.ts';
import { INCIDENT } from '../../test/support/receivers/notification.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { createAttributor } from './attributor.ts';
import { explainIncident } from './explain-incident.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const MINUTE = 60_000;
const CHANGED = 180;
const ROWS = 6_000;
const at = (minute: number): Date => new Date(T0 + minute * MINUTE);

/** Of a model whose release 1.5, six hours of records in, refuses free users of Europe. */
const refusing: Incident = {
  ...INCIDENT,
  id: 'refusing',
  project: 'shop',
  model: 'm',
  version: '',
  signal: 'refusal',
  signals: ['refusal'],
  aspect: 'refusal',
  direction: 'up',
  detector: 'rate',
  effect: { name: 'rate_difference', value: 0.1, low: 0.05, high: 0.15 },
  since: at(CHANGED),
  openedAt: at(CHANGED + 20),
  updatedAt: at(359),
};
const log = createLogger('silent');
const signal = new AbortController().signal;

let temp: TempStore;
let store: Store;
beforeAll(async () => {
  temp = await openTempStore('cause');
  store = temp.store;
  const random = seededRandom(2);
  const rows = Array.from({ length: ROWS }, (_, place) => {
    const minute = (place * 360) / ROWS;
    const [region, tier] = [random() < 0.5 ? 'eu' : 'us', random() < 0.5 ? 'free' : 'pro'];
    const isHit = minute >= CHANGED && region === 'eu' && tier === 'free';
    return {
      project: 'shop',
      id: `i${place}`,
      timestamp: new Date(T0 + minute * MINUTE).toISOString(),
      received_at: new Date().toISOString(),
      model: 'm',
      release: minute >= CHANGED - 4 ? '1.5' : '1.4',
      prompt: `question ${place % 500}`,
      refusal: random() < (isHit ? 0.4 : 0.05) ? 1 : 0,
      finish_reason: 'stop',
      attributes: { region, tier },
    };
  });
  await store.insertLines('inferences', Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')), {
    date_time_input_format: 'best_effort',
  });
  const minutes = new Set(rows.map((row) => Math.floor(Date.parse(row.timestamp) / MINUTE) * MINUTE));
  await rollUp(store, minutes, {
    admitted: {},
    bounds: { attributesMax: 2, valuesMax: 2 },
    now: new Date(),
  });
}, 120_000);
afterAll(() => temp.close());

const explained = (incident: Incident): Promise<Cause | null> =>
  explainIncident(store, incident, {
    now: at(360),
    stage: 'first',
    signal,
    explain: async (input) => explain(input),
  });

it('says which release, where, and shows the same question answered before and after', async () => {
  const cause = await explained(refusing);
  if (!cause) throw new Error('nothing was said');
  expect(cause.onsets.map(({ attribute, value, replaced }) => [attribute, value, replaced])).toEqual([
    ['release', '1.5', '1.4'],
  ]);
  expect(cause.scan.subset?.parts.map(({ attribute, values }) => [attribute, ...values])).toEqual([
    ['region', 'eu'],
    ['tier', 'free'],
  ]);
  const words = causeWords(cause).replaceAll('\u202f', ' ');
  expect(words).toMatch(
    /^release 1\.5 in place of 1\.4, first seen 4 min before; only where region=eu and tier=free \(\d.* → .*; elsewhere .* → .*\)$/,
  );
  const [pair] = cause.pairs;
  expect(pair).toMatchObject({ by: 'prompt', likeness: 1 });
  const place = (id = ''): number => Number(id.slice(1));
  expect(place(pair?.before) % 500).toBe(place(pair?.after) % 500);
  expect(cause.topics).toBeNull();
});

it('says nothing of an incident of which one side has expired', async () => {
  expect(await explained({ ...refusing, since: at(-10) })).toBeNull();
});

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** An attributor whose work is counted. */
function attributor(explains: (id: string, stage: string) => Promise<Cause | null>, known: Cause[] = []) {
  const asked: string[] = [];
  const written: Cause[] = [];
  const clock = { now: T0 };
  const made = createAttributor({
    explain: (incident, { stage }) => {
      asked.push(`${incident.id} ${stage}`);
      return explains(incident.id, stage);
    },
    write: async (cause) => void written.push(cause),
    read: async () => known,
    now: () => new Date(clock.now),
    log,
  });
  const turn = async (...standing: Incident[]): Promise<void> => {
    made.turn(standing);
    while (!made.isIdle()) await pause();
  };
  return { made, asked, written, clock, turn };
}

it('explains what speaks once when it opens and once more when it has stood, the most urgent first', async () => {
  const cause = await explained(refusing);
  const of = (id: string, stage: string) =>
    cause && { ...cause, incidentId: id, stage: stage as Cause['stage'] };
  const { made, asked, turn, written } = attributor(async (id, stage) => of(id, stage));
  const young: Incident = { ...refusing, updatedAt: refusing.openedAt, severity: 'warning' };
  const urgent: Incident = { ...young, id: 'urgent', severity: 'critical' };
  const muted: Incident = { ...young, id: 'muted', mutedBy: 'urgent' };
  for (let turns = 0; turns < 4; turns++) await turn(young, muted, urgent);
  expect(asked).toEqual(['urgent first', 'refusing first']);
  expect(made.causes().get('refusing')).toContain('release 1.5');
  for (let turns = 0; turns < 3; turns++) await turn({ ...young, updatedAt: at(CHANGED + 50) }, urgent);
  expect(asked).toEqual(['urgent first', 'refusing first', 'refusing settled']);
  expect(written).toHaveLength(3);
  await turn(urgent);
  expect(made.causes().has('refusing')).toBe(false);
});

it('goes on from what another process found', async () => {
  const cause = await explained(refusing);
  const known = cause ? [{ ...cause, stage: 'settled' as const }] : [];
  const { made, asked, turn } = attributor(async () => null, known);
  await turn(refusing);
  await turn(refusing);
  expect(asked).toEqual([]);
  expect(made.causes().get('refusing')).toContain('release 1.5');
});

it('tries a few times what fails, and leaves it then', async () => {
  const { asked, clock, turn } = attributor(async () => {
    throw new Error('the store is away');
  });
  for (let minute = 0; minute < 10; minute++) {
    clock.now = T0 + minute * 2 * MINUTE;
    await turn(refusing);
    await turn(refusing);
  }
  expect(asked).toEqual(Array(3).fill('refusing first'));
});

it('ends without a word when it is stopped', async () => {
  const work = { resolve: (_: null) => {} };
  const { made, written, turn } = attributor(
    () =>
      new Promise((resolve) => {
        work.resolve = resolve;
      }),
  );
  void turn(refusing);
  await pause();
  const stopped = made.stop();
  work.resolve(null);
  await stopped;
  expect(written).toEqual([]);
});
