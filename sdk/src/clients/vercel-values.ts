import type { InferenceRecord } from '../inference-record.ts';
import { saidInFull } from './call-reader.ts';
import { toolCalls } from './messages.ts';
import { finishReason } from './names.ts';
import { countOf, field, listOf, present, textOf } from './values.ts';

/** What a model of Vercel's SDK said, from its content parts; pieces of one text belong together. */
export function contentOf(parts: unknown): Partial<InferenceRecord> {
  const list = listOf(parts);
  const texts = list
    .filter((part) => field(part, 'type') === 'text')
    .map((part) => textOf(field(part, 'text')) ?? '');
  return saidInFull(
    present<Partial<InferenceRecord>>({
      response: texts.length > 0 ? texts.join('') : undefined,
      tool_calls: toolCalls(list.filter((part) => field(part, 'type') === 'tool-call')),
    }),
  );
}

/** Version 6 nests its counts (`inputTokens.total`), version 7's events and version 5 do not. */
export function usageOf(usage: unknown): Partial<InferenceRecord> {
  const input = field(usage, 'inputTokens');
  const output = field(usage, 'outputTokens');
  const cached =
    field(input, 'cacheRead') ??
    field(field(usage, 'inputTokenDetails'), 'cacheReadTokens') ??
    field(usage, 'cachedInputTokens');
  return present<Partial<InferenceRecord>>({
    input_tokens: countOf(field(input, 'total') ?? input ?? field(usage, 'tokens')),
    output_tokens: countOf(field(output, 'total') ?? output),
    cached_tokens: countOf(cached),
  });
}

/** Version 6 says `{ unified, raw }`, the others a word. An error in the middle of a stream is one of the words. */
export function reasonOf(reason: unknown): Partial<InferenceRecord> {
  const word = finishReason(field(reason, 'unified') ?? reason);
  if (word === 'error') return { finish_reason: word, status: 'error', error_type: 'server_error' };
  return present<Partial<InferenceRecord>>({ finish_reason: word });
}
