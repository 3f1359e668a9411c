import type { DetectorFamily } from '../analyzers/family.ts';
import { createJudgedFamily } from '../analyzers/quality/judged-family.ts';
import type { Config } from '../core/config.ts';
import type { StreamKey } from '../core/finding.ts';
import type { Store } from '../sql/client.ts';
import { type JudgedBucket, type JudgedStreamBuckets, judgedBuckets } from '../sql/queries/judged-pairs.ts';
import { createRangeCache } from './range-cache.ts';

/** The family that watches what JUDGED names, on the scores in the store; null when it names nothing. */
export function judgedFamily(
  store: Store,
  { JUDGED: pairs, JUDGED_DELAY: delayMs, WINDOW }: Pick<Config, 'JUDGED' | 'JUDGED_DELAY' | 'WINDOW'>,
): DetectorFamily | null {
  if (pairs.length === 0) return null;
  const wholes = createRangeCache((range) => judgedBuckets(store, { key: null, ...range, pairs }));

  /** Windows of time are the same for all streams: one question for all of them, and none for a segment of one without scores. */
  async function bucketsOf({ key, since, until }: { key: StreamKey; since: Date; until: Date }) {
    const range = { since, until };
    const isByTime = WINDOW.kind === 'time';
    const whole = isByTime ? ofStream(await wholes.read(range), { ...key, segment: '' }) : null;
    if (whole?.length === 0 || (whole && key.segment === '')) return whole;
    return ofStream(await judgedBuckets(store, { key, ...range, pairs }), key);
  }
  return createJudgedFamily({ pairs, delayMs, bucketsOf });
}

/** Empty for a stream without scores. */
function ofStream(
  streams: readonly JudgedStreamBuckets[],
  { project, model, version }: StreamKey,
): readonly (readonly JudgedBucket[])[] {
  const own = streams.find(
    ({ key }) => key.project === project && key.model === model && key.version === version,
  );
  return own?.byPair ?? [];
}
