import type { InferenceRecord } from './inference-record.ts';
import type { PlainObject } from './plain-copy.ts';

/** What the service takes in a field, as its schema says (docs/inference.schema.json). */
export type WireField =
  /** A text of at most 200 characters. */
  | 'text'
  /** The same, on one line and not empty. */
  | 'name'
  /** A name of at most 256. */
  | 'id'
  /** When, RFC 3339. */
  | 'instant'
  /** A text of any length. */
  | 'content'
  /** A list of at most 1,000 (messages: 10,000). */
  | 'list'
  | 'number'
  | 'integer'
  /** At most 64 short texts, or numbers, by name. */
  | 'texts'
  | 'numbers'
  | 'status';

export const WIRE_FIELDS: Readonly<Record<keyof InferenceRecord, WireField>> = {
  id: 'id',
  timestamp: 'instant',
  project: 'name',
  environment: 'text',
  provider: 'text',
  model: 'name',
  version: 'name',
  operation: 'text',
  release: 'text',
  prompt_name: 'text',
  prompt_version: 'text',
  session: 'text',
  user: 'text',
  trace_id: 'text',
  span_id: 'text',
  prompt: 'content',
  messages: 'list',
  system: 'content',
  response: 'content',
  tool_calls: 'list',
  status: 'status',
  error_type: 'text',
  finish_reason: 'text',
  latency_ms: 'number',
  time_to_first_token_ms: 'number',
  queue_ms: 'number',
  input_tokens: 'integer',
  output_tokens: 'integer',
  cached_tokens: 'integer',
  cost_usd: 'number',
  accelerator: 'text',
  accelerator_utilization: 'number',
  accelerator_memory_bytes: 'integer',
  attributes: 'texts',
  groups: 'texts',
  context: 'list',
  scores: 'numbers',
};

/** What was asked and answered: what a content mode leaves out, and what goes when a mask fails. */
export const CONTENT_FIELDS = ['prompt', 'messages', 'system', 'response', 'tool_calls', 'context'] as const;

/** The record without what was asked and answered. */
export function withoutContent(record: PlainObject): PlainObject {
  const kept = { ...record };
  for (const name of CONTENT_FIELDS) delete kept[name];
  return kept;
}
