import type { Onset } from '../../core/cause.ts';
import { groupBy } from '../../core/group-by.ts';

/** Inferences of one value of an attribute in one bucket of time. */
export interface ValueCount {
  readonly attribute: string;
  readonly value: string;
  /** Index of the bucket. */
  readonly bucket: number;
  readonly count: number;
  /** The first inference of it in this bucket. */
  readonly firstAt: Date;
}

export interface OnsetOptions {
  /** Start of the change that is to be explained. */
  readonly changedAt: Date;
  readonly since: Date;
  readonly bucketMs: number;
  /** Inferences in each bucket. */
  readonly totals: readonly number[];
  /** From the start of the change, how far off a moment may lie and still be near it. */
  readonly nearMs: number;
}

/** A share that moved by less explains little. */
const JUMP_MIN = 0.2;
/** Below this share before, a value was not there. */
const NEW_SHARE_MAX = 0.01;
/** Chance of any jump by accident, over all values and moments looked at. */
const CHANCE_MAX = 0.01;
const ONSETS_MAX = 6;
/** What people change on purpose says more than what comes with it. */
const DELIBERATE: ReadonlySet<string> = new Set([
  'version',
  'release',
  'prompt_version',
  'prompt_name',
  'provider',
  'service.version',
]);

interface Split {
  readonly bucket: number;
  readonly gain: number;
  readonly shareBefore: number;
  readonly shareAfter: number;
}

/**
 * What began, or jumped, near the moment of a change: for every value of every attribute the one moment that best parts its share into a level before and one
 * after (the likelihood ratio of a binomial with one change point), kept if the jump is large, surely not chance, and near. What was deliberate comes first,
 * then by size of the jump and nearness. O(values · buckets).
 */
export function onsetsNear(counts: readonly ValueCount[], options: OnsetOptions): Onset[] {
  const { totals, bucketMs, since, changedAt, nearMs } = options;
  const byAttribute = groupBy(counts, ({ attribute }) => attribute);
  const looks = Math.max(1, new Set(counts.map(({ attribute, value }) => `${attribute}=${value}`)).size);
  // Twice the log likelihood ratio has tail e^(−gain) at most for each place of the split.
  const gainMin = Math.log((looks * totals.length) / CHANCE_MAX);
  const found = [...byAttribute].flatMap(([attribute, ofAttribute]) => {
    const splits = [...groupBy(ofAttribute, ({ value }) => value)].map(([value, some]) => ({
      value,
      some,
      split: bestSplit(seriesOf(some, totals.length), totals),
    }));
    return splits.flatMap(({ value, some, split }): Onset[] => {
      if (split.gain < gainMin || split.shareAfter - split.shareBefore < JUMP_MIN) return [];
      const isNew = split.shareBefore < NEW_SHARE_MAX;
      const at = momentOf(some, { split, since, bucketMs, isNew });
      const distanceMs = at.getTime() - changedAt.getTime();
      if (Math.abs(distanceMs) > nearMs) return [];
      const { shareBefore, shareAfter } = split;
      const replaced = replacedBy(splits, split.bucket);
      return [{ attribute, value, replaced, shareBefore, shareAfter, isNew, at, distanceMs }];
    });
  });
  return found.sort((a, b) => rankOf(b, nearMs) - rankOf(a, nearMs)).slice(0, ONSETS_MAX);
}

function rankOf({ attribute, shareBefore, shareAfter, distanceMs }: Onset, nearMs: number): number {
  const nearness = 1 - Math.abs(distanceMs) / (2 * Math.max(1, nearMs));
  return (DELIBERATE.has(attribute) ? 1 : 0) + (shareAfter - shareBefore) * nearness;
}

function seriesOf(counts: readonly ValueCount[], length: number): number[] {
  const series = Array.from({ length }, () => 0);
  for (const { bucket, count } of counts)
    if (bucket >= 0 && bucket < length) series[bucket] = (series[bucket] ?? 0) + count;
  return series;
}

/** The bucket from which on the share is another one; gain 0 if there is none. */
function bestSplit(series: readonly number[], totals: readonly number[]): Split {
  const [hits, rows] = [sumOf(series), sumOf(totals)];
  const together = logLikelihood(hits, rows);
  let best: Split = { bucket: 0, gain: 0, shareBefore: 0, shareAfter: 0 };
  let [hitsBefore, rowsBefore] = [0, 0];
  for (let bucket = 1; bucket < totals.length; bucket++) {
    hitsBefore += series[bucket - 1] ?? 0;
    rowsBefore += totals[bucket - 1] ?? 0;
    const [hitsAfter, rowsAfter] = [hits - hitsBefore, rows - rowsBefore];
    if (rowsBefore === 0 || rowsAfter === 0) continue;
    const gain = logLikelihood(hitsBefore, rowsBefore) + logLikelihood(hitsAfter, rowsAfter) - together;
    if (gain > best.gain)
      best = { bucket, gain, shareBefore: hitsBefore / rowsBefore, shareAfter: hitsAfter / rowsAfter };
  }
  return best;
}

function logLikelihood(hits: number, rows: number): number {
  const part = (count: number): number => (count <= 0 ? 0 : count * Math.log(count / rows));
  return part(hits) + part(rows - hits);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Of what is new, its first inference from there on; of what became more, the bucket's start. */
function momentOf(
  counts: readonly ValueCount[],
  { split, since, bucketMs, isNew }: { split: Split; since: Date; bucketMs: number; isNew: boolean },
): Date {
  const start = since.getTime() + split.bucket * bucketMs;
  const first = counts.filter(({ bucket }) => bucket >= split.bucket).map(({ firstAt }) => firstAt.getTime());
  return new Date(isNew && first.length > 0 ? Math.min(...first) : start);
}

function replacedBy(
  splits: readonly { readonly value: string; readonly split: Split }[],
  bucket: number,
): string {
  const fallen = splits
    .filter(({ split }) => Math.abs(split.bucket - bucket) <= 1 && split.shareAfter < split.shareBefore)
    .sort((a, b) => b.split.shareBefore - b.split.shareAfter - (a.split.shareBefore - a.split.shareAfter));
  return fallen[0]?.value ?? '';
}
