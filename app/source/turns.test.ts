import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

const never = new AbortController().signal;

function held() {
  let end = (): void => {};
  const work = new Promise<string>((resolve) => {
    end = () => resolve('done');
  });
  return { run: () => work, end: () => end() };
}

it('runs as many at once as may, the next in order, and turns away what is too much', async () => {
  const turns = createTurns({ atOnce: 1, waitingMax: 2 });
  const order: string[] = [];
  const first = held();
  const running = turns.take(first.run, never);
  const second = turns.take(async () => void order.push('second'), never);
  const third = turns.take(async () => void order.push('third'), never);
  expect(await turns.take(async () => 'too much', never)).toBeNull();
  expect([turns.running, turns.waiting]).toEqual([1, 2]);
  first.end();
  expect(await running).toBe('done');
  await Promise.all([second, third]);
  expect(order).toEqual(['second', 'third']);
  expect([turns.running, turns.waiting]).toEqual([0, 0]);
});

it('gives the place of one who left, or who failed, to the next', async () => {
  const turns = createTurns({ atOnce: 1, waitingMax: 1 });
  const first = held();
  const running = turns.take(first.run, never);
  const leaving = new AbortController();
  const left = turns.take(async () => 'ran', leaving.signal);
  leaving.abort();
  expect(await left).toBeNull();
  const failing = turns.take(async () => {
    throw new Error('no');
  }, never);
  first.end();
  await running;
  await expect(failing).rejects.toThrow('no');
  expect(turns.running).toBe(0);
  expect(await turns.take(async () => 'ran', leaving.signal)).toBeNull();
  expect(await turns.take(async () => 'ran', never)).toBe('ran');
});
