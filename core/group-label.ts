import { z } from 'zod';
import { SCORE_PREFIX } from './signals.ts';

/** Where it stands what would have been the right answer of an inference: yes or no. */
export interface GroupLabel {
  readonly of: 'attribute' | 'score';
  readonly name: string;
  /** Of an attribute: its value that means yes; empty: 1, true or yes, against 0, false or no. */
  readonly yes: string;
  /** Of a score: from where on it is a yes. */
  readonly from: number;
}

const ATTRIBUTE = /^attribute\.([^=<>,\s]{1,200})(?:=(.{1,1000}))?$/;
const SCORE = /^score:([^=<>,\s]{1,200})(?:>=(-?\d+(?:\.\d+)?))?$/;
/** Of a score of 0 and 1, and of a probability. */
const FROM = 0.5;

/** Reads `attribute.hired`, `attribute.outcome=hired`, `score:correct` or `score:rating>=4`. */
export const GroupLabelText = z.string().transform((text, context): GroupLabel => {
  const [, attribute, yes = ''] = ATTRIBUTE.exec(text) ?? [];
  if (attribute !== undefined) return { of: 'attribute', name: attribute, yes, from: FROM };
  const [, score, from] = SCORE.exec(text) ?? [];
  if (score !== undefined)
    return { of: 'score', name: score, yes: '', from: from === undefined ? FROM : Number(from) };
  context.addIssue({
    code: 'custom',
    message: 'expected attribute.NAME, attribute.NAME=VALUE, score:NAME or score:NAME>=4',
  });
  return z.NEVER;
});

/** Signals of inferences of which a group may get more or less, as rates. */
export const GROUP_RATES = [
  'error',
  'refusal',
  'partial_refusal',
  'empty',
  'truncated',
  'toxicity',
  'json_valid',
  'language_mismatch',
] as const;

/** Reads what was given, yes or no: `refusal`, `score:approved`. */
export const PredictionText = z
  .string()
  .max(200)
  .refine(
    (text) =>
      (GROUP_RATES as readonly string[]).includes(text) ||
      (text.startsWith(SCORE_PREFIX) && text.length > SCORE_PREFIX.length),
    `expected score:NAME or one of ${GROUP_RATES.join(', ')}`,
  );

const NAMES_MAX = 8;

/** Reads names of attributes with commas, each with or without `attribute.` before it. */
export const MatchByText = z.string().transform((text, context): readonly string[] => {
  const names = text
    .split(',')
    .map((name) => name.trim().replace(/^attribute\./, ''))
    .filter((name) => name !== '');
  if (names.length <= NAMES_MAX) return [...new Set(names)];
  context.addIssue({ code: 'custom', message: `expected at most ${NAMES_MAX} attributes, with commas` });
  return z.NEVER;
});
