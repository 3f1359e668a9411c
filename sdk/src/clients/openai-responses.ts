import type { InferenceRecord } from '../inference-record.ts';
import { type CallReader, type StreamReader, saidInFull, versionOf } from './call-reader.ts';
import { CANCELLED, errorType } from './errors.ts';
import { askedOf, contentText, joined, toolCalls } from './messages.ts';
import { finishReason } from './names.ts';
import { countOf, field, listOf, merged, present, textOf } from './values.ts';

/** `responses.create` of OpenAI. */
export const RESPONSES_READER: CallReader = {
  request: (body) => ({
    operation: 'chat',
    ...present({ model: textOf(field(body, 'model')) }),
    ...askedOf(field(body, 'input'), field(body, 'instructions')),
  }),
  response: responseOf,
  stream: responsesStream,
};

const CALLED: ReadonlySet<unknown> = new Set(['function_call', 'custom_tool_call']);

function responseOf(answer: unknown, asked: string | undefined): Partial<InferenceRecord> {
  const items = listOf(field(answer, 'output'));
  const calls = toolCalls(items.filter((item) => CALLED.has(field(item, 'type'))));
  const texts = items.map((item) => contentText(field(item, 'content')));
  const said = present<Partial<InferenceRecord>>({ response: joined(texts), tool_calls: calls });
  const outcome = endOf(answer, calls !== undefined);
  const usage = field(answer, 'usage');
  return merged(
    versionOf(field(answer, 'model'), asked),
    present<Partial<InferenceRecord>>({
      input_tokens: countOf(field(usage, 'input_tokens')),
      output_tokens: countOf(field(usage, 'output_tokens')),
      cached_tokens: countOf(field(field(usage, 'input_tokens_details'), 'cached_tokens')),
    }),
    outcome.finish_reason === 'stop' ? saidInFull(said) : said,
    outcome,
  );
}

/** A response that failed or was given up arrives like one that succeeded: only its status tells. */
function endOf(answer: unknown, hasCalls: boolean): Partial<InferenceRecord> {
  const status = field(answer, 'status');
  if (status === 'failed') return failed(field(answer, 'error'));
  if (status === 'cancelled') return CANCELLED;
  if (status === 'incomplete') {
    const reason = field(field(answer, 'incomplete_details'), 'reason');
    return { finish_reason: finishReason(reason ?? status) ?? 'incomplete' };
  }
  if (status !== 'completed') return {};
  return { finish_reason: hasCalls ? 'tool_call' : 'stop' };
}

function failed(error: unknown): Partial<InferenceRecord> {
  const kind = errorType(error);
  // Plain objects, not errors: without a known code their class says nothing.
  const code = textOf(field(error, 'code'));
  return { status: 'error', error_type: kind === 'object' ? (code ?? 'server_error') : kind };
}

const LAST_EVENTS: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
]);
const TEXT_EVENTS: ReadonlySet<unknown> = new Set(['response.output_text.delta', 'response.refusal.delta']);
const CALL_EVENTS: ReadonlySet<unknown> = new Set([
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
]);

function responsesStream(): StreamReader {
  const texts: string[] = [];
  const calls: unknown[] = [];
  let started: unknown;
  let last: unknown;
  let error: unknown;
  let hasContent = false;
  return {
    get hasContent() {
      return hasContent;
    },
    get isComplete() {
      return last !== undefined || error !== undefined;
    },
    read(event) {
      const type = field(event, 'type');
      if (LAST_EVENTS.has(type)) last = field(event, 'response');
      else if (type === 'error') error = event;
      else if (type === 'response.created') started = field(event, 'response');
      else if (TEXT_EVENTS.has(type)) texts.push(String(field(event, 'delta')));
      else if (type === 'response.output_item.done') {
        const item = field(event, 'item');
        if (CALLED.has(field(item, 'type'))) calls.push(item);
      }
      hasContent ||= TEXT_EVENTS.has(type) || CALL_EVENTS.has(type);
    },
    record(asked) {
      if (last !== undefined && error === undefined) return responseOf(last, asked);
      return {
        ...versionOf(field(started, 'model'), asked),
        ...present<Partial<InferenceRecord>>({
          response: texts.length > 0 ? texts.join('') : undefined,
          tool_calls: toolCalls(calls),
        }),
        ...(error === undefined ? {} : failed(error)),
      };
    },
  };
}
