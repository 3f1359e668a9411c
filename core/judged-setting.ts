import { z } from 'zod';

/** A judge's score that stands for a person's, by the names of both scores. */
export interface JudgedPair {
  readonly judge: string;
  readonly label: string;
  /** Least and largest score that either gives. */
  readonly low: number;
  readonly high: number;
}

const PAIR =
  /^\s*([\w.:-]{1,100})\s*=\s*([\w.:-]{1,100})\s*(?:\[\s*(-?[\d.]+)\s*\.\.\s*(-?[\d.]+)\s*\])?\s*$/;
const PAIRS_MAX = 20;

/** Reads `judge=human, helpfulness_judge=helpfulness[1..5]`; the range is 0 to 1 unless it is said. */
export const JudgedPairs = z.string().transform((text, context): readonly JudgedPair[] => {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const pairs = parts.flatMap((part) => {
    const [, judge, label, low = '0', high = '1'] = PAIR.exec(part) ?? [];
    const pair = { judge: judge ?? '', label: label ?? '', low: Number(low), high: Number(high) };
    return judge !== undefined && pair.low < pair.high && judge !== label ? [pair] : [];
  });
  const labels = new Set(pairs.map(({ label }) => label));
  if (pairs.length === parts.length && labels.size === pairs.length && pairs.length <= PAIRS_MAX)
    return pairs;
  context.addIssue({
    code: 'custom',
    message: `expected at most ${PAIRS_MAX} pairs such as judge=human or judge=human[1..5], each human score once`,
  });
  return z.NEVER;
});
