import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api.ts';
import { keepKey, readKey } from './read-key.ts';

const POLL_MS = 4000;
/** While the server does not answer, waits grow to this. */
const POLL_MS_MAX = 30_000;
const TIMEOUT_MS = 20_000;

/** What the header says of the connection: when the last answer came, and what is wrong now. */
export const connection = signal<{ readonly answeredAt: Date | null; readonly problem: Problem | null }>({
  answeredAt: null,
  problem: null,
});

export interface Problem {
  readonly code: 'offline' | 'unauthorized' | 'forbidden' | 'not_found' | 'failed';
  readonly message: string;
}

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
}

/**
 * The latest answer of `path`, asked again every few seconds while the page is visible. An answer that is here
 * stays when a later request fails; then `problem` says so. Another path, or another key, starts anew.
 */
export function usePoll<T>(path: string): Poll<T> {
  const asked = `${readKey.value} ${path}`;
  const [poll, setPoll] = useState<{ asked: string; value: Poll<T> }>({ asked, value: { state: 'waiting' } });
  useEffect(
    () =>
      startPolling<T>(path, (answer) => {
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
    [path, asked],
  );
  return poll.asked === asked ? poll.value : { state: 'waiting' };
}

type Answer<T> = { readonly data: T } | { readonly problem: Problem };

/** Asks now and then again and again; the function it returns ends it. */
function startPolling<T>(path: string, onAnswer: (answer: Answer<T>) => void): () => void {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = POLL_MS;
  let isAsking = false;

  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    const answer = await request<T>(path, ended.signal);
    isAsking = false;
    if (ended.signal.aborted) return;
    const problem = 'problem' in answer ? answer.problem : null;
    connection.value = { answeredAt: problem ? connection.value.answeredAt : new Date(), problem };
    waitMs = problem ? Math.min(waitMs * 2, POLL_MS_MAX) : POLL_MS;
    onAnswer(answer);
    // Without a key there is nothing to ask again; it comes by `signIn`.
    if (!document.hidden && !asksForKey(problem)) timer = setTimeout(() => void ask(), waitMs);
  };
  const onVisible = (): void => {
    clearTimeout(timer);
    if (!document.hidden) void ask();
  };

  document.addEventListener('visibilitychange', onVisible);
  void ask();
  return () => {
    ended.abort();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
  };
}

async function request<T>(path: string, ended: AbortSignal): Promise<Answer<T>> {
  const key = readKey.value;
  try {
    const response = await fetch(path, {
      headers: { accept: 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
      signal: AbortSignal.any([ended, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (response.ok) return { data: (await response.json()) as T };
    const body = (await response.json().catch(() => null)) as ApiError | null;
    return { problem: problemOf(response.status, body?.error?.message) };
  } catch {
    return { problem: { code: 'offline', message: 'Plumbline does not answer. It is asked again.' } };
  }
}

function problemOf(status: number, message: string | undefined): Problem {
  if (status === 401 || status === 403) {
    return {
      code: status === 401 ? 'unauthorized' : 'forbidden',
      message: message ?? 'A key that may read is needed.',
    };
  }
  if (status === 404) return { code: 'not_found', message: message ?? 'There is nothing here.' };
  return { code: 'failed', message: message ?? `Plumbline answered with status ${status}.` };
}
