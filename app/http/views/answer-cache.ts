/** Answers by key, for a while. */
export type AnswerCache<T> = (key: string, now: Date, make: () => Promise<T>) => Promise<T>;

/**
 * Keeps answers that cost much: who asks while one is made shares it, failures are not kept, and the oldest goes when there
 * are too many.
 *
 * @param bounds.atOnceMax of all keys, so many are made at a time; the others wait
 */
export function createAnswerCache<T>(bounds: {
  ageMsMax: number;
  entriesMax: number;
  atOnceMax: number;
}): AnswerCache<T> {
  const { ageMsMax, entriesMax, atOnceMax } = bounds;
  const entries = new Map<string, { readonly madeAt: number; readonly answer: Promise<T> }>();
  const waiting: (() => void)[] = [];
  let making = 0;

  async function inTurn(make: () => Promise<T>): Promise<T> {
    if (making >= atOnceMax) await new Promise<void>((resolve) => waiting.push(resolve));
    making++;
    try {
      return await make();
    } finally {
      making--;
      waiting.shift()?.();
    }
  }

  return (key, now, make) => {
    const kept = entries.get(key);
    if (kept && now.getTime() - kept.madeAt < ageMsMax) return kept.answer;
    const answer = inTurn(make);
    entries.delete(key);
    entries.set(key, { madeAt: now.getTime(), answer });
    answer.catch(() => {
      if (entries.get(key)?.answer === answer) entries.delete(key);
    });
    const [oldest] = entries.keys();
    if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest);
    return answer;
  };
}
