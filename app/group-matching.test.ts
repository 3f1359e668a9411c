import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDisparities } from '../analyzers/fairness/disparities.ts';
import type { FamilyReading } from '../analyzers/family.ts';
import { seededRandom } from '../core/seeded-random.ts';
import type { Store } from '../sql/client.ts';
import { openTempStore, type TempStore } from '../test/support/temp-store.ts';
import { createGroupSource, type GroupSourceOptions } from './group-source.ts';

const T0 = Date.parse('2026-11-22T00:00:00.000Z');
const HOUR = 3_600_000;
const HOURS = 6;
const HOURLY = 600;
const DELAY_HOURS = 3;

let temp: TempStore;
let store: Store;

interface World {
  readonly model: string;
  /** Where it is told what an inference is about. */
  readonly told: 'topic' | 'attribute' | 'nowhere';
  /** Refused at, when it is about a hard topic and an easy one. */
  readonly rates: Readonly<Record<'f' | 'm', readonly [hard: number, easy: number]>>;
}

/** Women ask for what is hard four times in five, men once in five; both ask as often. */
function worldOf({ model, told, rates }: World, random: () => number) {
  return Array.from({ length: HOURS * HOURLY }, (_, i) => {
    const gender = i % 2 === 0 ? 'f' : 'm';
    const isHard = random() < (gender === 'f' ? 0.8 : 0.2);
    const about = isHard ? 'hard' : 'easy';
    return {
      row: {
        ...{ project: 'default', id: `${model}${i}`, model, version: '1', groups: { gender } },
        timestamp: new Date(T0 + (i / HOURLY) * HOUR).toISOString(),
        received_at: new Date(T0).toISOString(),
        refusal: random() < rates[gender][isHard ? 0 : 1] ? 1 : 0,
        ...(told === 'attribute' ? { attributes: { about } } : {}),
      },
      topic: told === 'topic' ? `map:${about}` : null,
    };
  });
}

const SAME = { f: [0.3, 0.03], m: [0.3, 0.03] } as const;
const WORLDS: readonly World[] = [
  { model: 'untold', told: 'nowhere', rates: SAME },
  { model: 'topics', told: 'topic', rates: SAME },
  { model: 'attributes', told: 'attribute', rates: SAME },
  { model: 'unfair', told: 'topic', rates: { f: [0.5, 0.09], m: [0.3, 0.03] } },
];

const insert = (table: string, rows: readonly object[]) =>
  store.insertLines(table, Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')), {
    date_time_input_format: 'best_effort',
  });

beforeAll(async () => {
  temp = await openTempStore('matching');
  store = temp.store;
  const random = seededRandom(7);
  for (const world of WORLDS) {
    const rows = worldOf(world, random);
    await insert(
      'inferences',
      rows.map(({ row }) => row),
    );
    const placed = rows.filter(({ topic }) => topic !== null);
    await insert(
      'projections',
      placed.map(({ row: { project, id, timestamp, model }, topic }) => ({
        ...{ project, inference_id: id, timestamp, projected_at: timestamp, model },
        ...{ prompt_map: 'map', prompt_topic: topic, prompt_cell: topic },
      })),
    );
  }
  // Of those who ought to be approved, women are half as often; the label comes later, and for a part alone.
  const loans = Array.from({ length: HOURS * HOURLY }, (_, i) => {
    const [gender, isGood] = [i % 2 === 0 ? 'f' : 'm', random() < 0.5];
    const approved = random() < (isGood ? (gender === 'f' ? 0.4 : 0.8) : 0.1) ? 1 : 0;
    const timestamp = new Date(T0 + (i / HOURLY) * HOUR).toISOString();
    const of = { id: `loan${i}`, model: 'loans', version: '1', groups: { gender }, scores: { approved } };
    return { ...of, timestamp, received_at: timestamp, isGood };
  });
  await insert(
    'inferences',
    loans.map(({ isGood: _, ...row }) => row),
  );
  const labelled = loans.filter((_, i) => i % 3 !== 0);
  await insert(
    'scores',
    labelled.map(({ id, timestamp, isGood }) => ({
      ...{ project: 'default', inference_id: id, name: 'paid_back', value: isGood ? 5 : 2 },
      ...{ timestamp, received_at: timestamp, source: '', comment: '' },
    })),
  );
});

afterAll(() => temp.close());

async function readingsOf(model: string, options: Partial<GroupSourceOptions>, hours = HOURS) {
  const source = createGroupSource(store, { isByTime: false, strataBy: [], odds: null, ...options });
  const family = createDisparities(source);
  const readings: FamilyReading[] = [];
  let state: unknown = null;
  for (let hour = 0; hour < hours; hour++) {
    const window = {
      key: { project: 'default', model, version: '1', segment: '' },
      since: new Date(T0 + hour * HOUR),
      until: new Date(T0 + (hour + 1) * HOUR),
      rows: HOURLY,
      summaries: new Map(),
      categories: new Map(),
    };
    const step = await family.step(state, window, {
      levelOf: () => 1e-3,
      versionShare: 1,
      siblings: [],
    });
    state = JSON.parse(JSON.stringify(step.state));
    readings.push(...step.readings);
  }
  return readings;
}

const alarms = (readings: readonly FamilyReading[]) => [
  ...new Set(
    readings
      .filter(({ outcome }) => outcome === 'alarm')
      .map(({ segment, signal }) => `${segment} ${signal}`),
  ),
];

it.each([
  ['untold', [], ['gender=f disparity:refusal']],
  ['topics', [], []],
  ['attributes', [], ['gender=f disparity:refusal']],
  ['attributes', ['about'], []],
  ['unfair', [], ['gender=f disparity:refusal']],
] as const)('compares like with like: %s, matched by %j', async (model, strataBy, expected) => {
  expect(alarms(await readingsOf(model, { strataBy }))).toEqual(expected);
});

it('watches equalised odds when the labels have come, each decision once', async () => {
  const odds = {
    prediction: 'score:approved',
    label: { of: 'score', name: 'paid_back', yes: '', from: 4 },
    delayMs: DELAY_HOURS * HOUR,
  } as const;
  const readings = await readingsOf('loans', { odds }, HOURS + DELAY_HOURS);
  const ofOdds = readings.filter(({ signal }) => signal.includes('positive_rate'));
  expect(ofOdds[0]?.since).toEqual(new Date(T0 + DELAY_HOURS * HOUR));
  expect(alarms(ofOdds)).toEqual(['gender=f disparity:true_positive_rate:score:approved']);
  const standing = ofOdds.filter(({ outcome }) => outcome === 'alarm').at(-1);
  expect(standing).toMatchObject({ direction: 'down', verdict: 'regression' });
  // Two thirds of the women whose label says yes, of half of 3,600: what all windows saw together.
  expect(standing?.samples.current).toBeGreaterThan(500);
  expect(standing?.samples.current).toBeLessThan(700);
});
