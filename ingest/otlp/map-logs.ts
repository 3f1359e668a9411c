import type { Score } from '../../core/score.ts';
import { type Content, contentOrder } from './content.ts';
import { EVALUATION, scoreOf } from './evaluation.ts';
import { eventPiece, isContentEvent } from './event-content.ts';
import type { Mapping, OtlpRejection, OtlpRequest, Placed } from './mapping.ts';
import { timestampOf } from './span-record.ts';
import type { Decoded, LogRecord } from './telemetry.ts';
import { textOf } from './values.ts';

const DEFAULT_PROJECT = 'default';

/** The content and the judgements among log records, each for the inference of the span that it was emitted in. */
export function mapLogRecords(records: Iterable<Decoded<LogRecord>>, request: OtlpRequest): Mapping {
  const scores: Placed<Score>[] = [];
  const contents: Content[] = [];
  const rejected: OtlpRejection[] = [];
  let [items, ignored] = [0, 0];
  for (const decoded of records) {
    const index = items++;
    if (!decoded.ok) {
      rejected.push({ index, reason: decoded.reason });
      continue;
    }
    const { item: record, origin } = decoded;
    const read = readRecord(record, { index, scopeName: origin.scopeName, request });
    if (read === null) ignored++;
    else if ('reason' in read) rejected.push({ index, reason: read.reason });
    else if ('score' in read) scores.push({ item: read.score, index });
    else contents.push(read.content);
  }
  return { inferences: [], scores, contents, items, ignored, rejected };
}

interface Place {
  readonly index: number;
  readonly scopeName: string;
  readonly request: OtlpRequest;
}

type ReadRecord =
  | { readonly score: Score }
  | { readonly content: Content }
  | { readonly reason: string }
  | null;

function readRecord(record: LogRecord, place: Place): ReadRecord {
  // Older senders have no field for the name.
  const name =
    record.eventName === '' ? (textOf(record.attributes.get('event.name')) ?? '') : record.eventName;
  if (name === EVALUATION) return scoreOf({ ...record, scopeName: place.scopeName });
  return isContentEvent(name) ? contentOf(name, record, place) : null;
}

function contentOf(name: string, record: LogRecord, { index, request }: Place): ReadRecord {
  const piece = eventPiece(name, record);
  if (piece === null) return null;
  if (record.traceId === '' || record.spanId === '') {
    return { reason: 'expected trace_id and span_id, got none: emit the event in the context of its span' };
  }
  const text = JSON.stringify(piece.content);
  const { itemBytesMax } = request.bounds;
  if (text.length > itemBytesMax) return { reason: `expected at most ${itemBytesMax} bytes, got more` };
  const content: Content = {
    project: request.project ?? DEFAULT_PROJECT,
    id: `${record.traceId}:${record.spanId}`,
    at: record.nano === 0n ? request.now.toISOString() : timestampOf(record.nano),
    part: piece.part,
    order: contentOrder(record.nano, index),
    piece: text,
  };
  return { content };
}
