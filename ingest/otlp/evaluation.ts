import type { Score } from '../../core/score.ts';
import { timestampOf } from './span-record.ts';
import type { Attributes } from './telemetry.ts';
import { cut, firstText, textOf } from './values.ts';

export const EVALUATION = 'gen_ai.evaluation.result';

const NAME_LENGTH_MAX = 200;
const COMMENT_LENGTH_MAX = 10_000;

/** What an evaluator says in a word, where it gives no number. Any other word has no place on a scale. */
const LABELS: Readonly<Record<string, number>> = {
  pass: 1,
  passed: 1,
  correct: 1,
  relevant: 1,
  true: 1,
  fail: 0,
  failed: 0,
  incorrect: 0,
  not_relevant: 0,
  irrelevant: 0,
  false: 0,
};

/** Where a judgement comes from. */
export interface Evaluated {
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly nano: bigint;
  readonly scopeName: string;
}

/** The score of an evaluation event, for the inference of the span that it lies in; or why it is none. */
export function scoreOf(evaluated: Evaluated): { readonly score: Score } | { readonly reason: string } {
  const { attributes, traceId, spanId, nano, scopeName } = evaluated;
  const name = firstText(attributes, ['gen_ai.evaluation.name']);
  const value = judgement(attributes);
  if (traceId === '' || spanId === '') return { reason: withoutSpan(attributes) };
  if (name === undefined) return { reason: 'expected gen_ai.evaluation.name, got none' };
  if (value === undefined) {
    return {
      reason:
        'expected a number in gen_ai.evaluation.score.value, or a label such as pass or fail; got neither',
    };
  }
  const comment = firstText(attributes, ['gen_ai.evaluation.explanation']);
  return {
    score: {
      inference_id: `${traceId}:${spanId}`,
      name: cut(name, NAME_LENGTH_MAX),
      value,
      ...(nano === 0n ? {} : { timestamp: timestampOf(nano) }),
      source: cut(scopeName === '' ? 'opentelemetry' : scopeName, NAME_LENGTH_MAX),
      ...(comment === undefined ? {} : { comment: cut(comment, COMMENT_LENGTH_MAX) }),
    },
  };
}

function judgement(attributes: Attributes): number | undefined {
  const value = attributes.get('gen_ai.evaluation.score.value');
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const label = textOf(attributes.get('gen_ai.evaluation.score.label'))?.toLowerCase();
  return label !== undefined && Object.hasOwn(LABELS, label) ? LABELS[label] : undefined;
}

/** Records are not kept by the vendor's response id, and the one that is meant may not have arrived. */
function withoutSpan(attributes: Attributes): string {
  const hint = attributes.has('gen_ai.response.id') ? ' (gen_ai.response.id alone does not find it)' : '';
  return `expected trace_id and span_id of the inference, got none${hint}: emit the event in the context of its span`;
}
