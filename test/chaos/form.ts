import { setTimeout as sleep } from 'node:timers/promises';

/** `CHAOS=short`: every scenario, with fewer kills and shorter outages, within five minutes. */
export const isShort = process.env['CHAOS'] === 'short';

/** Of the random points; give it as CHAOS_SEED to have the same order of kills again. */
export const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);

/** What the two forms differ in: kills, and ms. */
export const form = isShort
  ? { kills: 9, pauseMs: 2_500, outageMs: 12_000, stormMs: 14_000, slowMs: 5_000, takeOvers: 1 }
  : { kills: 92, pauseMs: 4_000, outageMs: 60_000, stormMs: 60_000, slowMs: 30_000, takeOvers: 4 };

/**
 * Asks again until the answer is wanted; what is asked may be away for a while.
 *
 * @throws Error after `ms`, with the last answer or what went wrong with it
 */
export async function until<T>(
  what: string,
  { read, isDone, ms = 180_000 }: { read: () => Promise<T>; isDone: (value: T) => boolean; ms?: number },
): Promise<T> {
  const endMs = performance.now() + ms;
  for (;;) {
    const answer = await read().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ('value' in answer && isDone(answer.value)) return answer.value;
    if (performance.now() > endMs) {
      const seen = 'value' in answer ? `still ${JSON.stringify(answer.value)}` : `an error: ${answer.error}`;
      throw new Error(`${what}: after ${ms / 1_000} s ${seen}`);
    }
    await sleep(500);
  }
}
