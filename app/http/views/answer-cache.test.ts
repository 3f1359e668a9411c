import { describe, expect, it } from 'vitest';
import { createAnswerCache } from './answer-cache.ts';

const at = (ms: number): Date => new Date(ms);
const BOUNDS = { ageMsMax: 100, entriesMax: 2, atOnceMax: 1 };

describe('createAnswerCache', () => {
  it('keeps an answer for its time, and shares one that is being made', async () => {
    const cached = createAnswerCache<number>(BOUNDS);
    let made = 0;
    const make = async () => ++made;
    expect(await Promise.all([cached('a', at(0), make), cached('a', at(0), make)])).toEqual([1, 1]);
    expect(await cached('a', at(99), make)).toBe(1);
    expect(await cached('a', at(100), make)).toBe(2);
  });

  it('keeps no failure', async () => {
    const cached = createAnswerCache<string>(BOUNDS);
    await expect(cached('a', at(0), () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await cached('a', at(1), async () => 'here')).toBe('here');
  });

  it('lets the oldest go, and makes no more than so many at once', async () => {
    const cached = createAnswerCache<string>(BOUNDS);
    let [running, most] = [0, 0];
    const make = (name: string) => async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
      return name;
    };
    await Promise.all(['a', 'b', 'c'].map((name) => cached(name, at(0), make(name))));
    expect(most).toBe(1);
    expect(await cached('a', at(1), async () => 'anew')).toBe('anew');
    expect(await cached('c', at(1), async () => 'anew')).toBe('c');
  });
});
