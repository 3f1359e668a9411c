import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { hasNews, onNews, startListening, stopListening } from './live.ts';
import { keepKey, readKey } from './read-key.ts';
import { type Answer, type Problem, request } from './request.ts';

const POLL_MS = 4000;
/** Where news come by themselves: against what they do not tell, such as the time that passes. */
const POLL_MS_WITH_NEWS = 15_000;
/** News of every second do not make more requests than there were without. */
const GAP_MS = 3_000;
/** While the server does not answer, waits grow to this. */
const POLL_MS_MAX = 30_000;

/** What the header says of the connection: when the last answer came, and what is wrong now. */
export const connection = signal<{ readonly answeredAt: Date | null; readonly problem: Problem | null }>({
  answeredAt: null,
  problem: null,
});

export type Poll<T> =
  | { readonly state: 'waiting' }
  | { readonly state: 'failed'; readonly problem: Problem }
  | { readonly state: 'ready'; readonly data: T; readonly problem: Problem | null };

/** Whether a key, or another one, would help. */
export function asksForKey(problem: Problem | null): boolean {
  return problem?.code === 'unauthorized' || problem?.code === 'forbidden';
}

/** Reads with a key from now on; with none if it is empty. What was read with the one before is forgotten. */
export function signIn(key: string): void {
  keepKey(key);
  connection.value = { answeredAt: null, problem: null };
  stopListening();
}

/**
 * The latest answer of `path`, asked again when there are news, or every few seconds, while the page is visible. An answer
 * that is here stays when a later request fails; then `problem` says so. Another path, or another key, starts anew.
 *
 * @param everyMs what changes slowly, or costs much, is asked this often and not on news
 */
export function usePoll<T>(path: string, everyMs?: number): Poll<T> {
  const asked = `${readKey.value} ${path}`;
  const [poll, setPoll] = useState<{ asked: string; value: Poll<T> }>({ asked, value: { state: 'waiting' } });
  useEffect(
    () =>
      startPolling<T>(path, everyMs, (answer) => {
        setPoll((last) => {
          if (!('problem' in answer))
            return { asked, value: { state: 'ready', data: answer.data, problem: null } };
          const kept = last.asked === asked && last.value.state === 'ready' ? last.value : null;
          return {
            asked,
            value: kept ? { ...kept, problem: answer.problem } : { state: 'failed', ...answer },
          };
        });
      }),
    [path, asked, everyMs],
  );
  return poll.asked === asked ? poll.value : { state: 'waiting' };
}

/** Asks now and then again and again; the function it returns ends it. */
function startPolling<T>(
  path: string,
  everyMs: number | undefined,
  onAnswer: (answer: Answer<T>) => void,
): () => void {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = POLL_MS;
  let askedAt = 0;
  let isAsking = false;

  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    askedAt = performance.now();
    const answer = await request<T>(path, { ended: ended.signal });
    isAsking = false;
    if (ended.signal.aborted) return;
    const problem = noteAnswer(answer);
    waitMs = problem ? Math.min(waitMs * 2, POLL_MS_MAX) : (everyMs ?? restMs());
    onAnswer(answer);
    // Without a key there is nothing to ask again; it comes by `signIn`.
    if (document.hidden || asksForKey(problem)) return;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), waitMs);
    if (!problem) startListening();
  };
  const onVisible = (): void => {
    clearTimeout(timer);
    if (document.hidden) stopListening();
    else void ask();
  };
  const stopNews = onNews((isOwn) => {
    if (everyMs !== undefined || document.hidden || asksForKey(connection.value.problem)) return;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), isOwn ? 0 : Math.max(0, askedAt + GAP_MS - performance.now()));
  });

  document.addEventListener('visibilitychange', onVisible);
  void ask();
  return () => {
    ended.abort();
    stopNews();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
  };
}

const restMs = (): number => (hasNews() ? POLL_MS_WITH_NEWS : POLL_MS);

/** Tells the header; gives what is wrong, or null. */
function noteAnswer(answer: Answer<unknown>): Problem | null {
  const problem = 'problem' in answer ? answer.problem : null;
  connection.value = { answeredAt: problem ? connection.value.answeredAt : new Date(), problem };
  return problem;
}
