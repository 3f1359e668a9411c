import { retryAfterMsOf } from './backoff.ts';
import type { Answer } from './http-post.ts';

/** What an answer means for the batch: it arrived, with so many records refused; it is to be tried again, or in halves; or it never will. */
export type Verdict =
  | { readonly kind: 'arrived'; readonly rejectedCount: number; readonly firstRejection: string }
  | { readonly kind: 'again'; readonly retryAfterMs: number | null }
  | { readonly kind: 'smaller' }
  | { readonly kind: 'refused'; readonly reason: 'too_large' | 'refused' };

/**
 * A batch whose records were judged one by one is over, also where none was right: sent again, they would be refused again.
 *
 * @param count records of the batch
 */
export function verdictOf(answer: Answer, { count, nowMs }: { count: number; nowMs: number }): Verdict {
  const { status, text, retryAfter } = answer;
  const rejections = rejectionsOf(text);
  if (status >= 200 && status < 300) {
    return { kind: 'arrived', ...(rejections ?? { rejectedCount: 0, firstRejection: '' }) };
  }
  if (status === 400 && rejections) return { kind: 'arrived', ...rejections };
  if (status === 413) return count > 1 ? { kind: 'smaller' } : { kind: 'refused', reason: 'too_large' };
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'again', retryAfterMs: retryAfterMsOf(retryAfter, nowMs) };
  }
  return { kind: 'refused', reason: 'refused' };
}

function rejectionsOf(text: string): { rejectedCount: number; firstRejection: string } | null {
  try {
    const answer = JSON.parse(text) as { rejected_count?: unknown; rejected?: unknown };
    if (typeof answer.rejected_count !== 'number') return null;
    const [first] = Array.isArray(answer.rejected) ? answer.rejected : [];
    const firstRejection = first === undefined ? '' : JSON.stringify(first).slice(0, 300);
    return { rejectedCount: answer.rejected_count, firstRejection };
  } catch {
    return null;
  }
}
