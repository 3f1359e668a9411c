import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateOptions } from '../app/store.ts';
import { parseConfig } from '../core/config.ts';
import { seededRandom } from '../core/seeded-random.ts';
import { openStore, type Store } from '../sql/client.ts';
import { openInferenceWriter } from '../sql/insert.ts';
import { migrate } from '../sql/migrate.ts';
import { good, ODD_RECORDS } from './fuzz/hostile-bodies.ts';
import { type IntakeServer, startIntake } from './fuzz/intake-server.ts';
import { mutate } from './fuzz/mutate.ts';

// What the check lets pass the real engine stores, as JSON reads it, and as it came: writing a block anew is the exception.

let folder: string;
let store: Store;
let server: IntakeServer;
const respelt: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-fuzz-'));
  store = await openStore({ kind: 'embedded', path: folder });
  await migrate(store, migrateOptions(parseConfig({})));
  const writer = await openInferenceWriter(store, { idsMax: 100_000 });
  server = await startIntake({
    async insert(block) {
      const canonicalLines = (): Uint8Array => {
        respelt.push(...block.ids);
        return block.canonicalLines();
      };
      await writer.insert({ ...block, canonicalLines });
    },
  });
});
afterAll(async () => {
  await server.stop();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function post(body: string | Buffer) {
  const answer = await fetch(`${server.url}/v1/inferences`, { method: 'POST', body: body as BodyInit });
  return { status: answer.status, json: await answer.json() };
}
const stored = async (id: string): Promise<Record<string, unknown> | undefined> =>
  (await store.rows('SELECT * FROM inferences FINAL WHERE id = {id: String}', { id }))[0] as
    | Record<string, unknown>
    | undefined;

/** Spellings that only the engine sees: all else must go in as it came, or be written anew before. */
const SEEN_BY_ENGINE = ['a field twice', 'an id twice', 'escaped field names'];

describe('an odd record is stored as JSON reads it', () => {
  it.each(Object.entries(ODD_RECORDS))('%s', async (name, [record, expected]) => {
    respelt.length = 0;
    const { status, json } = await post(`${record}\n${good(`beside ${name}`)}`);
    expect([status, json]).toEqual([200, { accepted: 2, rejected: [], rejected_count: 0 }]);
    const id = String(JSON.parse(record).id);
    const row = await stored(id);
    for (const [field, value] of Object.entries(expected)) {
      const kept = typeof row?.[field] === 'string' ? row[field] : JSON.stringify(row?.[field]);
      expect(kept, field).toBe(typeof value === 'string' ? value : JSON.stringify(value));
    }
    expect(row?.['timestamp']).toBe(
      new Date(Date.parse(JSON.parse(record).timestamp)).toISOString().replace('T', ' ').slice(0, -1),
    );
    expect(await stored(`beside ${name}`)).toBeDefined();
    if (!SEEN_BY_ENGINE.includes(name)) expect(respelt).toEqual([]);
  });
});

it('a full record goes in as it came and comes out as it was', async () => {
  respelt.length = 0;
  const record = {
    id: 'full',
    timestamp: '2026-11-22T10:00:00.123Z',
    model: 'gpt-4',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Is 17 "prime"?\n' }] }],
    tool_calls: [{ name: 'look', arguments: { deep: ['er', 1.5, null] } }],
    context: ['a', 'b'],
    latency_ms: 812.5,
    input_tokens: 9_007_199_254_740_991,
    accelerator_memory_bytes: 61_000_000_000,
    cost_usd: 0.0021,
    attributes: { region: 'eu', 'a.b': 'ü' },
    groups: { gender: 'f' },
    scores: { correct: 1, thumbs: -0.5 },
  };
  await post(JSON.stringify(record));
  const row = await stored('full');
  expect(respelt).toEqual([]);
  expect(JSON.parse(String(row?.['messages']))).toEqual(record.messages);
  expect(JSON.parse(String(row?.['tool_calls']))).toEqual(record.tool_calls);
  expect(Number(row?.['input_tokens'])).toBe(record.input_tokens);
  expect(row).toMatchObject({
    context: record.context,
    attributes: record.attributes,
    groups: record.groups,
    scores: record.scores,
    cost_micro_usd: expect.anything(),
    bytes: JSON.stringify(record).length + 1,
  });
});

it('after random changes, what is acknowledged is what is stored', async () => {
  const random = seededRandom(7);
  const before = Number(((await store.rows('SELECT count() AS n FROM inferences'))[0] as { n: unknown }).n);
  let accepted = 0;
  for (let round = 0; round < 300; round++) {
    const full = good(`m${round}`, {
      attributes: { region: 'eu' },
      scores: { correct: 1 },
      input_tokens: 150,
      tool_calls: [{ name: 'look', arguments: { deep: ['er'] } }],
    });
    const { status, json } = await post(
      Buffer.concat([mutate(Buffer.from(full), random), Buffer.from(`\n${good(`n${round}`)}`)]),
    );
    expect(status).toBeLessThan(500);
    accepted += json.accepted;
    expect(JSON.stringify(json)).not.toContain('the store does not take it');
  }
  const after = Number(((await store.rows('SELECT count() AS n FROM inferences'))[0] as { n: unknown }).n);
  expect(after - before).toBe(accepted);
  expect(accepted).toBeGreaterThan(300);
});
