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

/** How the inferences of one value fall into sessions, in sums over those: x inferences of the value, of the n that a session has. */
export interface ValueUnits {
  /** Empty: all inferences, so that x is n. */
  readonly attribute: string;
  readonly value: string;
  /** Σ x². */
  readonly squares: number;
  /** Σ x·n. */
  readonly products: number;
}

export interface OnsetOptions {
  /** Start of the change that is to be explained. */
  readonly changedAt: Date;
  readonly since: Date;
  readonly bucketMs: number;
  /** Inferences in each bucket. */
  readonly totals: readonly number[];
  readonly units: readonly ValueUnits[];
  /** From the start of the change, how far off a moment may lie and still be near it. */
  readonly nearMs: number;
}

/** A share that moved by less explains little. */
const JUMP_MIN = 0.2;
/** Below this share, a value is not there. */
const ABSENT_SHARE_MAX = 0.01;
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
 * What began, jumped or stopped near the moment of a change: for every value of every attribute the one moment that best parts its share into a level before and
 * one after (the likelihood ratio of a binomial with one change point, over the design effect of the sessions), kept if the jump is large, surely not chance, and near. A value that
 * fell is told of only if it is gone and none that is told of took its place. What was deliberate comes first, then by size of the jump and nearness. O(values · buckets).
 */
export function onsetsNear(counts: readonly ValueCount[], options: OnsetOptions): Onset[] {
  const { totals, nearMs } = options;
  const designEffectOf = designEffects(options);
  const looks = Math.max(1, new Set(counts.map(({ attribute, value }) => keyOf(attribute, value))).size);
  // Twice the log likelihood ratio has tail e^(−gain) at most for each place of the split.
  const gainMin = Math.log((looks * totals.length) / CHANCE_MAX);
  const found = [...groupBy(counts, ({ attribute }) => attribute)].flatMap(([attribute, ofAttribute]) => {
    const splits = [...groupBy(ofAttribute, ({ value }) => value)].map(([value, some]): ValueSplit => {
      const series = seriesOf(some, totals.length);
      const split = bestSplit(series, totals);
      return {
        value,
        some,
        split: { ...split, gain: split.gain / designEffectOf(attribute, series, value) },
      };
    });
    return jumpsOf(splits, gainMin).flatMap((jump) => onsetOf(attribute, jump, splits, options));
  });
  return found.sort((a, b) => rankOf(b, nearMs) - rankOf(a, nearMs)).slice(0, ONSETS_MAX);
}

interface ValueSplit {
  readonly value: string;
  readonly some: readonly ValueCount[];
  readonly split: Split;
}

const riseOf = ({ shareBefore, shareAfter }: Pick<Split, 'shareBefore' | 'shareAfter'>): number =>
  shareAfter - shareBefore;
const isSameTime = (a: Split, b: Split): boolean => Math.abs(a.bucket - b.bucket) <= 1;

/** The values that rose by much, and those that are gone without one of those in their place. */
function jumpsOf(splits: readonly ValueSplit[], gainMin: number): ValueSplit[] {
  const sure = splits.filter(({ split }) => split.gain >= gainMin && Math.abs(riseOf(split)) >= JUMP_MIN);
  const risen = sure.filter(({ split }) => riseOf(split) > 0);
  const isGone = ({ split }: ValueSplit): boolean =>
    split.shareAfter < ABSENT_SHARE_MAX && !risen.some((other) => isSameTime(other.split, split));
  return [...risen, ...sure.filter((one) => riseOf(one.split) < 0 && isGone(one))];
}

function onsetOf(
  attribute: string,
  { value, some, split }: ValueSplit,
  splits: readonly ValueSplit[],
  { since, bucketMs, changedAt, nearMs }: OnsetOptions,
): Onset[] {
  const { shareBefore, shareAfter } = split;
  const isRise = riseOf(split) > 0;
  const isNew = isRise && shareBefore < ABSENT_SHARE_MAX;
  const at = momentOf(some, { split, since, bucketMs, isNew });
  const distanceMs = at.getTime() - changedAt.getTime();
  if (Math.abs(distanceMs) > nearMs) return [];
  const replaced = isRise ? replacedBy(splits, split) : '';
  return [{ attribute, value, replaced, shareBefore, shareAfter, isNew, at, distanceMs }];
}

function rankOf({ attribute, distanceMs, ...shares }: Onset, nearMs: number): number {
  const nearness = 1 - Math.abs(distanceMs) / (2 * Math.max(1, nearMs));
  return (DELIBERATE.has(attribute) ? 1 : 0) + Math.abs(riseOf(shares)) * nearness;
}

const keyOf = (attribute: string, value: string): string => `${attribute}=${value}`;

/**
 * By how much the sessions widen what a value's share varies by if nothing changes: Σ (x − p·n)² over sessions, over what single inferences would
 * have (Kish 1965; Rao & Scott 1992), at least 1. Sessions that span the moment of a real change have both sides of it and widen nothing.
 */
function designEffects({ units, totals }: OnsetOptions) {
  const rows = sumOf(totals);
  const byValue = new Map(units.map((one) => [keyOf(one.attribute, one.value), one]));
  const sizes = byValue.get(keyOf('', ''))?.squares ?? rows;
  return (attribute: string, series: readonly number[], value: string): number => {
    const share = sumOf(series) / Math.max(1, rows);
    const own = byValue.get(keyOf(attribute, value));
    // Too rare to be among them: it began nothing that can be seen.
    if (!own) return Number.POSITIVE_INFINITY;
    const between = own.squares - 2 * share * own.products + share * share * sizes;
    const alone = rows * share * (1 - share);
    return alone > 0 ? Math.max(1, between / alone) : 1;
  };
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

/** The value that lost most at that time; empty if none did. */
function replacedBy(splits: readonly ValueSplit[], risen: Split): string {
  const fallen = splits
    .filter(({ split }) => isSameTime(split, risen) && riseOf(split) < 0)
    .sort((a, b) => riseOf(a.split) - riseOf(b.split));
  return fallen[0]?.value ?? '';
}
