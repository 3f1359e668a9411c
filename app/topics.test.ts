import { afterAll, beforeAll, expect, it } from 'vitest';
import { defaultRuleSet } from '../alerts/rules/rules-file.ts';
import { explain } from '../analyzers/cause/explain.ts';
import { fitReferenceMap } from '../analyzers/embeddings/fit-map.ts';
import { defaultMonitors } from '../analyzers/monitors-file.ts';
import { causeWords } from '../core/cause-words.ts';
import { parseConfig } from '../core/config.ts';
import type { Incident } from '../core/incident.ts';
import { incidentTitle } from '../core/incident-words.ts';
import { createLogger } from '../core/log.ts';
import { seededRandom } from '../core/seeded-random.ts';
import type { Store } from '../sql/client.ts';
import { writeEmbeddings } from '../sql/queries/embedding-work.ts';
import { exampleInferences } from '../sql/queries/examples.ts';
import { incidentList } from '../sql/queries/incident-list.ts';
import { openTempStore, type TempStore } from '../test/support/temp-store.ts';
import { alertsOf } from './alerting/alerts-in-force.ts';
import { openAlerting } from './alerting/open-alerting.ts';
import { createStep } from './analysis.ts';
import { explainIncident } from './cause/explain-incident.ts';
import { storedSide } from './gate/store-rows.ts';
import { exampleQueries } from './http/views/incident.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';
import { openReferenceMaps, type ReferenceMaps } from './reference-maps.ts';
import { familiesOf } from './watch-settings.ts';

const HOUR = 3_600_000;
const T0 = Math.floor(Date.now() / HOUR) * HOUR - 240 * HOUR;
const ROWS = 300;
const DIMENSIONS = 32;
/** Each has a third of what is usual; what is new comes from the last. */
const CLIENTS = ['web', 'phone', 'kiosk'] as const;
const WORDS = ['account', 'flight', 'recipe', 'weather', 'music'];
/** Eight hours, and after a week so many more that a map is made; in the last ten a tenth is about something new. */
const HOURS = [...Array.from({ length: 8 }, (_, i) => i), ...Array.from({ length: 38 }, (_, i) => 160 + i)];
const NEW_FROM = 188;
const LAST = 197;

let temp: TempStore;
let store: Store;
let maps: ReferenceMaps;
let pipeline: Pipeline;

/** A text about one of a few things: a unit vector around a direction of its own. */
function textAbout(topic: number, random: () => number) {
  const normal = () => random() + random() + random() + random() - 2;
  const raw = Float32Array.from({ length: DIMENSIONS }, (_, i) => (i === topic ? 2 : 0) + 0.35 * normal());
  const length = Math.hypot(...raw);
  const prompt = `please help with my ${WORDS[topic] ?? 'visa'} today`;
  return { vector: raw.map((value) => value / length), prompt };
}

async function addHour(hour: number, random: () => number): Promise<void> {
  const fresh = hour >= NEW_FROM ? ROWS / 10 : 0;
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const at = new Date(T0 + hour * HOUR + i * 500);
    const text = textAbout(i < fresh ? 20 : Math.floor(random() * 5), random);
    return { id: `${hour}-${i}`, at, client: i < fresh ? 'kiosk' : CLIENTS[i % 3], ...text };
  });
  const lines = rows.map(({ id, at, client, prompt }) =>
    JSON.stringify({
      attributes: { client },
      id,
      timestamp: at.toISOString(),
      received_at: at.toISOString(),
      model: 'm',
      prompt,
      response: '',
      prompt_characters: 30,
      finish_reason: random() < 0.9 ? 'stop' : 'length',
    }),
  );
  await store.insertLines('inferences', Buffer.from(lines.map((line) => `${line}\n`).join('')));
  const written = rows.map(({ id, at, vector }) => ({
    project: 'default',
    inference_id: id,
    timestamp: at,
    identity: 'e',
    prompt: vector,
    response: null,
    relevance: null,
    groundedness: null,
    jailbreak: null,
    injection: null,
  }));
  await maps.place(written.map((row) => ({ ...row, model: 'm' })));
  await writeEmbeddings(store, written);
  pipeline.touch(rows.map(({ at }) => Math.floor(at.getTime() / 60_000) * 60_000));
}

/** As the loops of a running process do, an hour at a time. */
async function endHour(hour: number): Promise<void> {
  const now = new Date(T0 + (hour + 1) * HOUR);
  while ((await pipeline.turn(now)).hasMore);
  for (;;) {
    const minutes = await maps.turn(now);
    pipeline.touch(minutes);
    if (minutes.length === 0) break;
  }
}

beforeAll(async () => {
  temp = await openTempStore('topics');
  store = temp.store;
  maps = openReferenceMaps(store, {
    identity: 'e',
    isMaker: () => true,
    log: createLogger('silent'),
    fit: (sample) => Promise.resolve(fitReferenceMap(sample, seededRandom(1))),
  });
  const alerting = await openAlerting(store, {
    now: () => new Date(T0 + (LAST + 1) * HOUR),
    circumstances: () => ({
      ...alertsOf(defaultRuleSet()),
      silences: [],
      acknowledgements: new Map(),
      closings: new Set(),
      causes: new Map(),
    }),
    log: createLogger('silent'),
    onChange: () => {},
  });
  const config = parseConfig({ WINDOW: '1h' });
  pipeline = await openPipeline(store, {
    window: { kind: 'time', ms: HOUR },
    segments: { attributesMax: 0, valuesMax: 0 },
    late: { inferencesMs: 864e5, scoresMs: 30 * 864e5 },
    falsePagesPerMonth: 1,
    signalsMax: 1_000,
    step: createStep({
      window: { kind: 'time', ms: HOUR },
      baselineRows: 500,
      baselineFor: async () => null,
      monitors: defaultMonitors,
      families: familiesOf(store, config),
    }),
    alert: () => alerting.turn(),
  });
  const random = seededRandom(5);
  for (const hour of HOURS) {
    await addHour(hour, random);
    await endHour(hour);
  }
}, 300_000);
afterAll(() => temp.close());

it('makes a map of what came first, and places all other texts on it once', async () => {
  const [row] = await store.rows(
    `SELECT toUInt32(count()) AS rows, toUInt32(countIf(prompt_map = '')) AS made_of,
            toUInt32(uniqExactIf(prompt_map, prompt_map != '')) AS maps, toUInt32(uniqExact(inference_id)) AS ids
       FROM projections FINAL`,
  );
  expect(row).toEqual({ rows: HOURS.length * ROWS, made_of: 2_400, maps: 1, ids: HOURS.length * ROWS });
});

it('a comparison of stored inferences knows where their texts lie on the map', async () => {
  const [since, until] = [180, 182].map((hour) => new Date(T0 + hour * HOUR)) as [Date, Date];
  const { rows, places, categories } = await storedSide(
    store,
    { project: 'default', since, until, pairBy: 'none' },
    [],
  );
  expect(rows).toBe(2 * ROWS);
  expect(new Set(places.map(({ prompt }) => prompt.length))).toEqual(new Set([DIMENSIONS]));
  expect(places.every(({ response }) => response.length === 0)).toBe(true);
  // Texts of one topic lie nearer to each other than to those of others.
  const middleOf = (topic: string) => {
    const own = places.filter((_, row) => categories[row]?.['prompt_topic'] === topic);
    return Array.from(
      { length: DIMENSIONS },
      (_, axis) => own.reduce((sum, { prompt }) => sum + (prompt[axis] ?? 0), 0) / own.length,
    );
  };
  const topics = [...new Set(categories.map((row) => row['prompt_topic'] ?? ''))];
  const [one, other] = topics.map(middleOf);
  expect(Math.hypot(...(one ?? []).map((value, axis) => value - (other?.[axis] ?? 0)))).toBeGreaterThan(0.05);
});

it('tells of a new topic in one incident that says so, and of nothing where the same topics are split anew', async () => {
  const incidents = await incidentList(store, { project: '', stream: null, state: 'all', limit: 100 });
  expect(incidents.map((incident) => incidentTitle(incident).replace(/\(.*/, '').trim())).toEqual([
    'm: prompt topics are mixed differently: outside the usual topics',
  ]);
  const [incident] = incidents;
  expect(incident?.signals).toContain('prompt_cell');
  expect(incident?.openedAt.getTime()).toBeGreaterThan(T0 + NEW_FROM * HOUR);
  expect(incident?.openedAt.getTime()).toBeLessThanOrEqual(T0 + (NEW_FROM + 3) * HOUR);
  // A tenth is new, beside the 3 % that always lie so far out.
  expect(incident?.shares?.[0]?.before).toBeLessThan(0.05);
  expect(incident?.shares?.[0]?.after).toBeGreaterThan(0.1);
});

it('finds whose texts the new ones are, and what they are about', async () => {
  const [incident] = await incidentList(store, { project: '', stream: null, state: 'all', limit: 100 });
  if (!incident) throw new Error('no incident');
  const explained = (change: Partial<Incident>) =>
    explainIncident(
      store,
      { ...incident, ...change },
      {
        now: new Date(T0 + (LAST + 1) * HOUR),
        stage: 'settled',
        signal: new AbortController().signal,
        explain: async (input) => explain(input),
      },
    );
  expect(incident.signal).toBe('prompt_cell');
  const cause = await explained({});
  if (!cause) throw new Error('nothing was said');
  expect(cause).toMatchObject({ measure: 'category', category: 'outside the usual topics' });
  expect(causeWords(cause).replaceAll('\u202f', ' ')).toMatch(
    /^only where client=kiosk \(\d.* → 2\d.*; elsewhere .*\); prompts about “visa”: 0 % → 1\d % of them$/,
  );
  const byDistance = await explained({ signal: 'prompt_distance', direction: 'up' });
  expect(byDistance?.measure).toBe('rank');
  expect(byDistance?.scan.subset?.parts).toEqual([
    { attribute: 'client', values: ['kiosk'], othersCount: 2 },
  ]);
});

it('shows what was outside the usual topics, and what was not before', async () => {
  const [incident] = await incidentList(store, { project: '', stream: null, state: 'all', limit: 100 });
  if (!incident) throw new Error('no incident');
  const { before, after } = exampleQueries(incident);
  const rows = await exampleInferences(store, { ...after, limit: 40 });
  expect(rows.filter(({ prompt }) => prompt.includes('visa')).length).toBeGreaterThan(25);
  expect((await exampleInferences(store, before)).map(({ value }) => value)).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

it('judges every mix, of the wire as of the map', async () => {
  const rows = await store.rows(
    `SELECT signal, argMax(outcome, until) AS last FROM findings FINAL WHERE detector = 'category' GROUP BY signal ORDER BY signal`,
  );
  expect(rows).toEqual([
    { signal: 'finish_reason', last: 'quiet' },
    { signal: 'prompt_cell', last: 'alarm' },
    { signal: 'prompt_topic', last: 'quiet' },
  ]);
});
