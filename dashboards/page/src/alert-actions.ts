import type { SilenceLine } from '../api-views.ts';
import { tellOwn } from './live.ts';
import { type Answer, request } from './request.ts';

/** What a new silence is made of; matchers as a person writes them. */
export interface SilenceDraft {
  readonly matchers: readonly string[];
  /** `4h`, `1d`. */
  readonly duration: string;
  readonly author: string;
  readonly comment: string;
}

/** Tells nobody about what matches, from now on for that long. */
export const createSilence = (draft: SilenceDraft): Promise<Answer<SilenceLine>> =>
  acted(request('v1/silences', { method: 'POST', body: draft }));

/** Ends a silence now. */
export const expireSilence = (id: string): Promise<Answer<unknown>> =>
  acted(request(`v1/silences/${encodeURIComponent(id)}`, { method: 'DELETE' }));

/** Says who has taken an incident on. */
export const acknowledge = (
  id: string,
  said: { readonly author: string; readonly comment: string },
): Promise<Answer<unknown>> =>
  acted(request(`v1/incidents/${encodeURIComponent(id)}/acknowledge`, { method: 'POST', body: said }));

/** What was done is seen at once, by every view that is open. */
async function acted<T>(work: Promise<Answer<T>>): Promise<Answer<T>> {
  const answer = await work;
  if ('data' in answer) tellOwn();
  return answer;
}

const NAME = 'plumbline.author';

/** Who acts here, as last given; a person types it once. */
export function knownAuthor(): string {
  try {
    return localStorage.getItem(NAME) ?? '';
  } catch {
    return '';
  }
}

/** Keeps who acts here for the next time. */
export function keepAuthor(author: string): void {
  try {
    localStorage.setItem(NAME, author);
  } catch {
    // Storage is blocked: it is typed again.
  }
}
