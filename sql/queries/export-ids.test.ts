import { afterAll, beforeAll, expect, it } from 'vitest';
import { FLAG_NAMES, type Flag } from '../../core/flag.ts';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { exportIds } from './export-ids.ts';

const AT = '2026-11-01 10:00:00.000';

let temp: TempStore;
beforeAll(async () => {
  temp = await openTempStore('export-ids');
  const base = { project: 'p', timestamp: AT, received_at: AT, model: 'm' };
  const rows: Record<string, unknown>[] = [
    { id: 'plain', refusal: 0, format_valid: 1, json_like: 1, json_valid: 0 },
    { id: 'refusal', refusal: 1 },
    { id: 'partial', partial_refusal: 1 },
    { id: 'truncated', truncated: 1 },
    { id: 'looping', looping: 1 },
    { id: 'format', format_valid: 0 },
    { id: 'broken-json', json_like: 1, json_valid: 0 },
    { id: 'tool', tool_call_invalid: 1 },
    { id: 'numbers', unsupported_numbers: 0.1 },
    { id: 'toxic', toxicity: 1 },
    { id: 'language', language_mismatch: 1 },
    { id: 'jailbreak' },
    { id: 'injection' },
    { id: 'low', scores: { thumbs: 0 } },
    // The score that came later counts, and another name's score stays.
    { id: 'raised', scores: { thumbs: 0 } },
    { id: 'lowered', scores: { thumbs: 1 } },
    { id: 'other-low', scores: { thumbs: 0, correct: 0 } },
    { id: 'example' },
    { id: 'two', refusal: 1, truncated: 1 },
  ];
  const lines = (all: readonly object[]) =>
    Buffer.from(all.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const { store } = temp;
  await store.insertLines('inferences', lines(rows.map((row) => ({ ...base, ...row }))));
  const late = (inference_id: string, value: number) => ({
    ...{ project: 'p', inference_id, name: 'thumbs', value, timestamp: AT, received_at: AT },
  });
  await store.insertLines(
    'scores',
    lines([
      late('raised', 1),
      late('lowered', 0),
      late('other-low', 1),
      { ...late('plain', 0), project: 'q' },
    ]),
  );
  const meant = (inference_id: string, flags: object) => ({
    ...{ project: 'p', inference_id, timestamp: AT, embedded_at: AT, identity: 'x' },
    ...flags,
  });
  await store.insertLines(
    'embeddings',
    lines([
      meant('jailbreak', { jailbreak: 1, injection: 0 }),
      meant('injection', { jailbreak: 0, injection: 1 }),
      meant('plain', { jailbreak: 0, injection: 0 }),
    ]),
  );
}, 60_000);
afterAll(() => temp.close());

async function found(names: readonly Flag[], scoreBelow = 0.5): Promise<Record<string, string[]>> {
  const rows = await exportIds(temp.store, {
    project: 'p',
    where: [],
    stream: null,
    since: new Date('2026-11-01T00:00:00Z'),
    until: new Date('2026-11-02T00:00:00Z'),
    share: 1,
    after: null,
    limit: 100,
    flags: { names, scoreBelow, examples: { projects: ['p', 'q'], ids: ['example', 'plain'] } },
  });
  return Object.fromEntries(rows.map(({ id, flags }) => [id, flags]));
}

it('each flag finds what its record says, and nothing else', async () => {
  expect(await found(FLAG_NAMES)).toEqual({
    refusal: ['refusal'],
    partial: ['refusal'],
    truncated: ['truncated'],
    looping: ['looping'],
    format: ['format'],
    'broken-json': ['format'],
    tool: ['tool_call'],
    numbers: ['unsupported_numbers'],
    toxic: ['toxicity'],
    language: ['language_mismatch'],
    jailbreak: ['jailbreak'],
    injection: ['injection'],
    low: ['low_score'],
    lowered: ['low_score'],
    'other-low': ['low_score'],
    example: ['incident'],
    two: ['refusal', 'truncated'],
  });
});

it('only the flags that are asked for count, and the bound of a score is the caller’s', async () => {
  expect(await found(['truncated'])).toEqual({ truncated: ['truncated'], two: ['truncated'] });
  expect(Object.keys(await found(['low_score'], 0))).toEqual([]);
  expect(Object.keys(await found(['low_score'], 1.5)).sort()).toEqual(
    ['low', 'lowered', 'other-low', 'raised'].sort(),
  );
});

it('of a stream those of its version and segment, which may be a group', async () => {
  const at = (id: string, fields: object) => ({
    ...{ project: 's', id, timestamp: AT, received_at: AT, model: 'm', version: '1' },
    ...fields,
  });
  const lines = (all: readonly object[]) =>
    Buffer.from(all.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await temp.store.insertLines(
    'inferences',
    lines([
      at('eu', { attributes: { region: 'eu' } }),
      at('rare', { attributes: { region: 'elsewhere' } }),
      at('f', { groups: { gender: 'f' } }),
      at('m', { groups: { gender: 'm' } }),
      at('next', { version: '2', attributes: { region: 'eu' } }),
    ]),
  );
  const idsOf = async (segment: string) => {
    const rows = await exportIds(temp.store, {
      ...{ project: 's', where: [], share: 1, after: null, limit: 100, flags: null },
      stream: { project: 's', model: 'm', version: '1', segment },
      since: new Date('2026-11-01T00:00:00Z'),
      until: new Date('2026-11-02T00:00:00Z'),
    });
    return rows.map(({ id }) => id);
  };
  expect(await idsOf('')).toEqual(['eu', 'f', 'm', 'rare']);
  expect(await idsOf('region=eu')).toEqual(['eu']);
  expect(await idsOf('gender=f')).toEqual(['f']);
});
