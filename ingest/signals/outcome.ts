import type { Inference } from '../../core/inference.ts';

/** Fewer tokens say nothing about throughput. */
const TOKENS_MIN = 20;

/** What vendors call "stopped at a length limit", lower case. */
const LENGTH_REASONS: ReadonlySet<string> = new Set([
  'length',
  'max_tokens',
  'max_output_tokens',
  'max_length',
  'max_new_tokens',
  'max_completion_tokens',
  'model_length',
  'token_limit',
  'incomplete',
  'model_context_window_exceeded',
]);

/** 1 when generation stopped at a length limit, 0 when it stopped for another reason, null when none was sent. */
export function truncated({ finish_reason }: Pick<Inference, 'finish_reason'>): number | null {
  if (finish_reason === undefined || finish_reason === '') return null;
  return LENGTH_REASONS.has(finish_reason.toLowerCase()) ? 1 : 0;
}

/**
 * 1 when the response has no visible character and no tool was called, else 0. Null when the content was not
 * sent: an absent response that is known to have no tokens is empty, except for embeddings, which have no text.
 */
export function empty(
  inference: Pick<Inference, 'response' | 'tool_calls' | 'output_tokens' | 'operation'>,
  hasVisible: boolean,
): number | null {
  if ((inference.tool_calls?.length ?? 0) > 0) return 0;
  if (inference.response !== undefined) return hasVisible ? 0 : 1;
  const isGeneration = !/embed|rerank|moderat|transcri|speech|image/i.test(inference.operation ?? '');
  return inference.output_tokens === 0 && isGeneration ? 1 : null;
}

/**
 * Output tokens over the seconds spent generating them: latency less the time to the first token where it is
 * known. Null below 20 tokens, where the time is all overhead and a short answer would read as a slow model, or
 * without a time above zero.
 */
export function tokensPerSecond(
  call: Pick<Inference, 'output_tokens' | 'latency_ms' | 'time_to_first_token_ms'>,
): number | null {
  if ((call.output_tokens ?? 0) < TOKENS_MIN || call.latency_ms === undefined) return null;
  const generationMs = call.latency_ms - (call.time_to_first_token_ms ?? 0);
  return generationMs > 0 ? (1000 * (call.output_tokens ?? 0)) / generationMs : null;
}
