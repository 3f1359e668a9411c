import type { Inference } from '../../core/inference.ts';
import type { Price } from './prices.ts';

/**
 * Price of a call in whole µ$: `cost_usd` where it was sent, else tokens times `price`. Cached tokens are part of
 * the input tokens. Null when nothing was sent and the model has no price, or a token count that would be
 * charged is missing. Below half a µ$ it is 0.
 */
export function costMicroUsd(
  call: Pick<Inference, 'cost_usd' | 'input_tokens' | 'output_tokens' | 'cached_tokens'>,
  price: Price | undefined,
): number | null {
  if (call.cost_usd !== undefined) return Math.round(call.cost_usd * 1_000_000);
  if (!price || call.input_tokens === undefined) return null;
  if (call.output_tokens === undefined && price.output > 0) return null;
  const cached = Math.min(call.cached_tokens ?? 0, call.input_tokens);
  const inputMicroUsd = (call.input_tokens - cached) * price.input + cached * (price.cached ?? price.input);
  return Math.round(inputMicroUsd + (call.output_tokens ?? 0) * price.output);
}
