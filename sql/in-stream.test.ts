import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTempStore, type TempStore } from '../test/support/temp-store.ts';
import type { Store } from './client.ts';
import { causeRows } from './queries/cause-rows.ts';
import { embeddingSample } from './queries/embedding-sample.ts';
import { writeEmbeddings } from './queries/embedding-work.ts';
import { exampleInferences } from './queries/examples.ts';
import { exportIds } from './queries/export-ids.ts';
import { judgedBuckets } from './queries/judged-pairs.ts';
import { segmentSummaries } from './queries/segment-summaries.ts';
import { type AdmittedSegments, rollUp } from './rollup.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const [MINUTE, HOUR] = [60_000, 3_600_000];
const at = (ms: number): Date => new Date(T0 + ms);
const KEY = { project: 'p', model: 'm', version: '1', segment: '' };
const LONG = 'x'.repeat(150);
const REGIONS = ['eu', 'us', LONG, '(other)', null];

let temp: TempStore;
let store: Store;

/** Two hours with the same five inferences each; in the second one more value is admitted. */
beforeAll(async () => {
  temp = await openTempStore('in-stream');
  store = temp.store;
  const rows = [0, 1].flatMap((hour) =>
    REGIONS.map((region, i) => ({
      project: 'p',
      id: `${hour}-${region?.slice(0, 7) ?? 'none'}`,
      timestamp: at(hour * HOUR + i * MINUTE).toISOString(),
      received_at: new Date().toISOString(),
      model: 'm',
      version: '1',
      prompt: 'q',
      refusal: 1,
      scores: { judge: 1 },
      attributes: region === null ? {} : { region },
    })),
  );
  await store.insertLines('inferences', Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')), {
    date_time_input_format: 'best_effort',
  });
  await writeEmbeddings(
    store,
    rows.map(({ id, timestamp }) => ({
      ...{ project: 'p', inference_id: id, timestamp: new Date(timestamp), identity: 'e' },
      ...{ prompt: new Float32Array([1, 0]), response: null },
      ...{ relevance: null, groundedness: null, jailbreak: null, injection: null },
    })),
  );
  const admitted: AdmittedSegments = { p: { region: ['eu'] } };
  for (const hour of [0, 1]) {
    const minutes = rows.slice(hour * REGIONS.length).map(({ timestamp }) => Date.parse(timestamp));
    await rollUp(
      store,
      minutes.filter((minute) => minute < T0 + (hour + 1) * HOUR),
      { admitted, bounds: { attributesMax: 1, valuesMax: 1 }, now: new Date(Date.now() + hour) },
    );
    admitted['p'] = { region: ['eu', 'us', LONG.slice(0, 100)] };
  }
}, 60_000);
afterAll(() => temp.close());

/** What each question that reads inferences of a stream says of a segment. */
async function idsOf(segment: string, { since, until } = { since: at(0), until: at(2 * HOUR) }) {
  const span = { stream: { ...KEY, segment }, since, until };
  const causes = await causeRows(store, { ...span, signal: 'refusal', names: [], ids: [], limit: 50 });
  const examples = await exampleInferences(store, { ...span, signal: 'refusal', target: 1, limit: 50 });
  const sample = await embeddingSample(store, { ...span, identity: 'e', limit: 50 });
  const exported = await exportIds(store, {
    ...{ ...span, project: 'p', where: [], share: 1, after: null, limit: 50, flags: null },
  });
  const pairs = [{ judge: 'judge', label: 'person', low: 0, high: 1 }];
  const [judged] = await judgedBuckets(store, { key: span.stream, since, until, pairs });
  const found = [causes, examples, sample, exported].map((rows) => rows.map(({ id }) => id).sort());
  expect(found[1]).toEqual(found[0]);
  expect(found[2]).toEqual(found[0]);
  expect(found[3]).toEqual(found[0]);
  expect(judged?.byPair[0]?.reduce((sum, { others }) => sum + others, 0) ?? 0).toBe(found[0]?.length);
  return found[0] ?? [];
}

it('the other values of an attribute are those that had no segment of their own in their hour', async () => {
  expect(await idsOf('region=(other)')).toEqual(['0-(other)', '0-us', '0-xxxxxxx', '1-(other)'].sort());
  const second = { since: at(HOUR), until: at(2 * HOUR) };
  expect(await idsOf('region=(other)', second)).toEqual(['1-(other)']);
});

it('a value is itself, however long; nobody else is in it', async () => {
  expect(await idsOf('region=eu')).toEqual(['0-eu', '1-eu']);
  expect(await idsOf(`region=${LONG.slice(0, 100)}`)).toEqual(['0-xxxxxxx', '1-xxxxxxx']);
  expect(await idsOf('region=')).toEqual([]);
  expect(await idsOf('')).toHaveLength(10);
});

it('agrees with what the roll-up counted', async () => {
  const { segment: _, ...stream } = KEY;
  const counted = await segmentSummaries(store, { stream, signals: [], since: at(0), until: at(2 * HOUR) });
  const counts = Object.fromEntries(
    counted.map(({ segment, summary }) => [segment.slice(0, 14), summary.count]),
  );
  expect(counts).toEqual({
    '': 10,
    'region=(other)': 4,
    'region=eu': 2,
    'region=us': 1,
    'region=xxxxxxx': 1,
  });
});
