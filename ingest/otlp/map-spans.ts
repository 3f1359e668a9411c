import type { Score } from '../../core/score.ts';
import { createAncestors } from './ancestors.ts';
import { type Candidate, withoutDuplicates } from './duplicates.ts';
import { EVALUATION, scoreOf } from './evaluation.ts';
import { TEXT_KEYS } from './field-keys.ts';
import type { Mapping, OtlpRejection, Placed } from './mapping.ts';
import { type Draft, spanRecord } from './span-record.ts';
import type { Decoded, Origin, Span } from './telemetry.ts';
import { firstText } from './values.ts';

interface Read extends Candidate {
  readonly traceId: string;
  readonly parentSpanId: string;
}

/** The calls of models among the spans, each once, and the judgements of them that lie in the spans as events. */
export function mapSpans(spans: Iterable<Decoded<Span>>): Mapping {
  const ancestors = createAncestors();
  const candidates: Read[] = [];
  const scores: Placed<Score>[] = [];
  const rejected: OtlpRejection[] = [];
  let items = 0;
  for (const decoded of spans) {
    const index = items++;
    if (!decoded.ok) {
      rejected.push({ index, reason: decoded.reason });
      continue;
    }
    const { item: span, origin } = decoded;
    ancestors.note(span, origin.scopeName);
    scores.push(...scoresIn(span, origin).map((item) => ({ item, index })));
    const draft = spanRecord(span, origin);
    if (draft === null) continue;
    const reason = faultOf(span, draft);
    if (reason === null) candidates.push(candidate(span, draft, index));
    else rejected.push({ index, reason });
  }
  for (const one of candidates) ancestors.complete(one.draft, one);
  const kept = withoutDuplicates(candidates);
  return {
    inferences: kept.map(({ draft, index }) => ({ item: draft, index })),
    scores,
    contents: [],
    items,
    ignored: items - rejected.length - kept.length,
    rejected,
  };
}

function candidate(span: Span, draft: Draft, index: number): Read {
  const { traceId, parentSpanId, startNano, endNano } = span;
  const responseId = firstText(span.attributes, TEXT_KEYS.responseId);
  return { draft, index, responseId, startNano, endNano, traceId, parentSpanId };
}

function faultOf({ traceId, spanId, startNano }: Span, { model }: Draft): string | null {
  if (traceId === '') return 'expected a trace_id of 16 bytes, not all zero';
  if (spanId === '') return 'expected a span_id of 8 bytes, not all zero';
  if (startNano === 0n) return 'expected start_time_unix_nano, got none';
  return model === undefined ? 'expected gen_ai.request.model or gen_ai.response.model, got neither' : null;
}

/** A judgement that cannot be read is no fault of the span it lies in. */
function scoresIn({ events, traceId, spanId }: Span, { scopeName }: Origin): Score[] {
  return events
    .filter(({ name }) => name === EVALUATION)
    .map(({ attributes, nano }) => scoreOf({ attributes, nano, traceId, spanId, scopeName }))
    .flatMap((one) => ('score' in one ? [one.score] : []));
}
