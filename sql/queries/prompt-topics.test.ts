import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTempStore, type TempStore } from '../../test/support/temp-store.ts';
import { promptTopics } from './prompt-topics.ts';

const IDS = Array.from({ length: 60 }, (_, index) => `i${index}`);

let temp: TempStore;
beforeAll(async () => {
  temp = await openTempStore('topics');
  const AT = '2026-11-01 10:00:00.000';
  const row = (inference_id: string, place: number, identity: string) => {
    // Three directions, and a little of the next one.
    const prompt = [0, 0, 0, 0];
    prompt[place % 3] = Math.cos(0.01 * place);
    prompt[3] = Math.sin(0.01 * place);
    return { project: 'p', inference_id, timestamp: AT, embedded_at: AT, identity, prompt };
  };
  const rows = [
    ...IDS.map((id, place) => row(id, place, 'new')),
    ...['old1', 'old2'].map((id, place) => row(id, place, 'old')),
    { ...row('other', 0, 'new'), project: 'q' },
    { ...row('none', 0, 'new'), prompt: [] },
  ];
  await temp.store.insertLines(
    'embeddings',
    Buffer.from(rows.map((one) => `${JSON.stringify(one)}\n`).join('')),
  );
}, 60_000);
afterAll(() => temp.close());

it('prompts of one topic are of one direction, and what cannot be compared has none', async () => {
  const ids = [...IDS, 'old1', 'old2', 'other', 'none', 'unheard'];
  const topics = await promptTopics(temp.store, { project: 'p', ids });
  expect([...topics.keys()].sort()).toEqual([...IDS].sort());
  const directions = new Map<number, Set<number>>();
  for (const [place, id] of IDS.entries()) {
    const topic = topics.get(id) ?? 0;
    directions.set(topic, (directions.get(topic) ?? new Set()).add(place % 3));
  }
  expect([...directions.values()].every((found) => found.size === 1)).toBe(true);
  expect(directions.size).toBeGreaterThanOrEqual(3);
});

it('of nothing there is nothing', async () => {
  expect(await promptTopics(temp.store, { project: 'p', ids: ['unheard'] })).toEqual(new Map());
  expect(await promptTopics(temp.store, { project: 'p', ids: [] })).toEqual(new Map());
});
