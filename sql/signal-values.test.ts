import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTSIDE } from '../core/map-cells.ts';
import { SIGNALS } from '../core/signals.ts';
import { openTempStore, type TempStore } from '../test/support/temp-store.ts';
import type { Store } from './client.ts';
import { causeRows } from './queries/cause-rows.ts';
import { type ExampleQuery, exampleInferences } from './queries/examples.ts';
import { writeProjections } from './queries/projections.ts';
import { writeMap } from './queries/reference-maps.ts';

const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const [MINUTE, HOUR] = [60_000, 3_600_000];
const at = (ms: number): Date => new Date(T0 + ms);
const KEY = { project: 'p', model: 'm', version: '1', segment: '' };
const SPAN = { stream: KEY, since: at(0), until: at(HOUR) };
const CELLS = ['7 visa', '7 visa ++', '7 visa +++', '3 ++++'];

let temp: TempStore;
let store: Store;

/** Ten inferences: the first was placed on an older map, five more on the one in force, the rest on none. */
beforeAll(async () => {
  temp = await openTempStore('signal-values');
  store = temp.store;
  const rows = Array.from({ length: 10 }, (_, i) => ({
    project: 'p',
    id: `i${i}`,
    timestamp: at(i * MINUTE).toISOString(),
    received_at: new Date().toISOString(),
    model: 'm',
    version: '1',
    prompt: `prompt ${i}`,
    prompt_name: i < 8 ? 'greet' : '',
    prompt_version: i < 4 ? '2' : '',
    finish_reason: i % 5 === 0 ? 'length' : 'stop',
  }));
  const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await store.insertLines('inferences', lines, { date_time_input_format: 'best_effort' });
  for (const [id, hour] of [
    ['old', 1],
    ['new', 2],
  ] as const)
    for (const side of ['prompt', 'response'] as const)
      await writeMap(store, {
        ...{ project: 'p', model: 'm', side, identity: 'e', id: `${side}-${id}` },
        ...{ createdAt: at(hour * HOUR), body: '{}' },
      });
  const placed = (side: string, i: number) => {
    const map = `${side}-${i === 0 ? 'old' : 'new'}`;
    const cell = CELLS[i % CELLS.length] ?? '';
    return {
      map,
      coordinates: new Float32Array([i]),
      distance: 10 * i + 0.5,
      topic: `${map}:${cell.replace(/ \++$/, '')}`,
      cell: `${map}:${cell}`,
    };
  };
  await writeProjections(
    store,
    Array.from({ length: 6 }, (_, i) => ({
      ...{ project: 'p', model: 'm', inference_id: `i${i}`, timestamp: at(i * MINUTE) },
      prompt: placed('prompt', i),
      response: i === 5 ? null : placed('response', i),
    })),
    at(0),
  );
}, 60_000);
afterAll(() => temp.close());

const valuesOf = async (signal: string): Promise<Record<string, string | number>> => {
  const rows = await causeRows(store, { ...SPAN, signal, names: [], ids: [], limit: 100 });
  return Object.fromEntries(rows.map(({ id, value }) => [id, value]).sort());
};
const examples = (change: Partial<ExampleQuery>) =>
  exampleInferences(store, { ...SPAN, signal: 'prompt_distance', target: 0, limit: 10, ...change });

describe('values of a signal', () => {
  it.each(SIGNALS.map(({ name, kind }) => ({ name, kind })))(
    '$name is read where it is kept, and a category is shown without a number',
    async ({ name, kind }) => {
      for (const value of Object.values(await valuesOf(name)))
        expect(typeof value).toBe(kind === 'category' ? 'string' : 'number');
      const shown = await examples({ signal: name });
      if (kind === 'category') expect(shown.map(({ value }) => value)).toEqual(shown.map(() => null));
      else expect(shown.every(({ value }) => value !== null)).toBe(true);
    },
  );

  it('of where texts lie they are those on the map in force, in the words that people are told', async () => {
    expect(await valuesOf('prompt_cell')).toEqual({
      i1: '7 visa',
      i2: OUTSIDE,
      i3: OUTSIDE,
      i4: '7 visa',
      i5: '7 visa',
    });
    expect(await valuesOf('prompt_topic')).toMatchObject({ i2: '7 visa', i3: '3' });
    expect(Object.keys(await valuesOf('response_cell'))).toEqual(['i1', 'i2', 'i3', 'i4']);
    expect(await valuesOf('prompt_distance')).toEqual({ i1: 10.5, i2: 20.5, i3: 30.5, i4: 40.5, i5: 50.5 });
  });

  it('of a template they are its name and version', async () => {
    expect(await valuesOf('prompt_template')).toMatchObject({ i3: 'greet@2', i7: 'greet' });
    expect(Object.keys(await valuesOf('prompt_template'))).toHaveLength(8);
  });

  it('examples are the nearest by where they lie, or those of a category and those without', async () => {
    const ids = async (change: Partial<ExampleQuery>) => (await examples(change)).map(({ id }) => id);
    expect(await ids({ target: 29, limit: 2 })).toEqual(['i3', 'i2']);
    const cells = { signal: 'prompt_cell', category: OUTSIDE };
    expect((await ids({ ...cells, target: 1, limit: 2 })).sort()).toEqual(['i2', 'i3']);
    expect((await ids({ ...cells, target: 0, limit: 3 })).sort()).toEqual(['i1', 'i4', 'i5']);
    const reasons = { signal: 'finish_reason', category: 'length', target: 1, limit: 2 };
    expect((await ids(reasons)).sort()).toEqual(['i0', 'i5']);
  });
});
