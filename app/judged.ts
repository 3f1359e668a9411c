import type { DetectorFamily } from '../analyzers/family.ts';
import { createJudgedFamily } from '../analyzers/quality/judged-family.ts';
import type { Config } from '../core/config.ts';
import type { Store } from '../sql/client.ts';
import { judgedBuckets } from '../sql/queries/judged-pairs.ts';

/** The family that watches what JUDGED names, on the scores in the store; null when it names nothing. */
export function judgedFamily(
  store: Store,
  { JUDGED, JUDGED_DELAY }: Pick<Config, 'JUDGED' | 'JUDGED_DELAY'>,
): DetectorFamily | null {
  if (JUDGED.length === 0) return null;
  return createJudgedFamily({
    pairs: JUDGED,
    delayMs: JUDGED_DELAY,
    bucketsOf: (query) => judgedBuckets(store, query),
  });
}
