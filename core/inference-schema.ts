import type { Inference } from './inference.ts';
import {
  FINITE,
  type MapField,
  MESSAGE,
  NO_CONTROL_CHARACTERS,
  type NumberField,
  type RecordSchema,
  SCALAR,
  type TextField,
  toJsonSchema,
} from './record-schema.ts';

/** Counts and bytes: exact in a double. */
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;
/** Ten million seconds: longer than any call, small enough to sum. */
const DURATION_MS_MAX = 1e10;
const COST_USD_MAX = 1e9;
const NAME_MAX = 200;

const name = (description: string): TextField => ({ type: 'string', description, maxLength: NAME_MAX });
const key = (description: string, maxLength = NAME_MAX): TextField => ({
  type: 'string',
  description,
  minLength: 1,
  maxLength,
  pattern: NO_CONTROL_CHARACTERS,
});
/** Bounded by the size of the record. */
const text = (description: string): TextField => ({ type: 'string', description });
const duration = (description: string): NumberField => ({
  type: 'number',
  description,
  minimum: 0,
  maximum: DURATION_MS_MAX,
});
const integer = (description: string): NumberField => ({
  type: 'integer',
  description,
  minimum: 0,
  maximum: INTEGER_MAX,
});
const named = (description: string, additionalProperties: MapField['additionalProperties']): MapField => ({
  type: 'object',
  description,
  maxProperties: 64,
  propertyNames: { minLength: 1, maxLength: NAME_MAX },
  additionalProperties,
});

/** The one schema of the record: the check and the published document are made from it. */
export const INFERENCE_SCHEMA: RecordSchema<Inference> = {
  title: 'Inference',
  description: 'One call of a model: what went in, what came out, how it went.',
  required: ['timestamp', 'model'],
  exclusive: ['prompt', 'messages'],
  extras: 'attributes',
  properties: {
    id: key(
      'Names the inference for ever; sent again, it is the same one. Absent: made from the content.',
      256,
    ),
    timestamp: {
      type: 'string',
      description: 'When the call began: RFC 3339 with a time zone.',
      maxLength: 40,
      format: 'date-time',
    },
    project: key('Who owns the data; "default" if absent.'),
    environment: name('prod, staging …'),
    provider: name('Who serves the model.'),
    model: key('Name of the model.'),
    version: {
      type: 'string',
      description: 'Version of the model.',
      maxLength: NAME_MAX,
      pattern: NO_CONTROL_CHARACTERS,
    },
    operation: name('chat, completion, embedding …'),
    release: name('Build of the calling application.'),
    prompt_name: name('Name of the prompt template.'),
    prompt_version: name('Version of the prompt template.'),
    session: name('Conversation that the call belongs to.'),
    user: name('Who asked, as your own key.'),
    trace_id: name('OpenTelemetry trace.'),
    span_id: name('OpenTelemetry span.'),
    prompt: text('What was asked, as one text; or use messages.'),
    messages: {
      type: 'array',
      description: 'What was asked, as chat messages; or use prompt.',
      maxItems: 10_000,
      items: MESSAGE,
    },
    system: text('System prompt.'),
    response: text('What the model answered.'),
    tool_calls: { type: 'array', description: 'Tools that the model called.', maxItems: 1000, items: {} },
    status: { type: 'string', description: 'How the call ended; ok if absent.', enum: ['ok', 'error'] },
    error_type: name('What kind of error: rate_limit, timeout …'),
    finish_reason: name('Why generation ended: stop, length …'),
    latency_ms: duration('From request to last token.'),
    time_to_first_token_ms: duration('From request to first token.'),
    queue_ms: duration('Time waiting for a worker.'),
    input_tokens: integer('Tokens read.'),
    output_tokens: integer('Tokens generated.'),
    cached_tokens: integer('Input tokens that came from a cache.'),
    cost_usd: { type: 'number', description: 'Price of the call.', minimum: 0, maximum: COST_USD_MAX },
    accelerator: name('Kind of accelerator: h100 …'),
    accelerator_utilization: { type: 'number', description: 'Share, 0 to 1.', minimum: 0, maximum: 1 },
    accelerator_memory_bytes: integer('Accelerator memory in use.'),
    attributes: named('Anything of your own; numbers and booleans are kept as text.', SCALAR),
    groups: named('Segments watched for disparity.', SCALAR),
    context: {
      type: 'array',
      description: 'Retrieved passages that the model was given.',
      maxItems: 1000,
      items: { type: 'string' },
    },
    scores: named('Judgements known already; a higher one is better.', FINITE),
  },
};

/** The document that is published as docs/inference.schema.json. */
export function inferenceJsonSchema(): Record<string, unknown> {
  return toJsonSchema(INFERENCE_SCHEMA, 'urn:plumbline:inference:1');
}
