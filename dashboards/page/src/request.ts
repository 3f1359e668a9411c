import type { ApiError } from '../api.ts';
import { readKey } from './read-key.ts';

const TIMEOUT_MS = 20_000;

export interface Problem {
  readonly code: 'offline' | 'unauthorized' | 'forbidden' | 'not_found' | 'failed';
  readonly message: string;
}

export type Answer<T> = { readonly data: T } | { readonly problem: Problem };

/** One request to the service with the key of this tab; never throws. */
export async function request<T>(
  path: string,
  options: { readonly method?: string; readonly body?: unknown; readonly ended?: AbortSignal } = {},
): Promise<Answer<T>> {
  const { method = 'GET', body, ended } = options;
  const key = readKey.value;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key ? { authorization: `Bearer ${key}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: ended ? AbortSignal.any([ended, timeout]) : timeout,
    });
    const answer = (await response.json().catch(() => null)) as (T & Partial<ApiError>) | null;
    if (response.ok) return { data: answer as T };
    return { problem: problemOf(response.status, answer?.error?.message) };
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
