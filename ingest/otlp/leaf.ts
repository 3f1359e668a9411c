import type { Attributes, Span } from './telemetry.ts';
import { textOf } from './values.ts';

/** Which convention a span follows; it is kept with the record, since an upgrade of it can look like drift. */
export type Flavour = 'gen_ai_a' | 'gen_ai_b' | 'gen_ai_c' | 'openinference' | 'openllmetry' | 'vercel_ai';

const MODEL_CALLS: ReadonlySet<string> = new Set([
  'chat',
  'text_completion',
  'generate_content',
  'embeddings',
]);
const MODEL_KINDS: ReadonlySet<string> = new Set(['LLM', 'EMBEDDING']);
const VERCEL_LEAF = /\.do(Generate|Stream|Embed)$/;
/** Before operations had names (up to 1.26) a call of a model was known by these. */
const OLD_USAGE: readonly string[] = [
  'gen_ai.usage.prompt_tokens',
  'gen_ai.usage.completion_tokens',
  'gen_ai.prompt',
  'gen_ai.completion',
];

/**
 * The convention of a span that is one call of a model; null for everything around it. Agents, chains and steps repeat
 * the texts and the sums of the calls in them: they would be counted twice.
 */
export function flavourOf(span: Span, scopeName: string): Flavour | null {
  const { attributes, name } = span;
  const kind = textOf(attributes.get('openinference.span.kind'));
  const operation = textOf(attributes.get('gen_ai.operation.name'));
  const requestType = textOf(attributes.get('llm.request.type'));
  if (scopeName === 'ai' && VERCEL_LEAF.test(name)) return 'vercel_ai';
  if (kind !== undefined && MODEL_KINDS.has(kind)) return 'openinference';
  if (requestType !== undefined) return 'openllmetry';
  if (operation !== undefined) return MODEL_CALLS.has(operation) ? generationOf(attributes, scopeName) : null;
  const isAround = kind !== undefined || scopeName === 'ai' || attributes.has('traceloop.span.kind');
  return !isAround && isOldCall(attributes) ? 'gen_ai_a' : null;
}

function isOldCall(attributes: Attributes): boolean {
  const hasModel = attributes.has('gen_ai.request.model') || attributes.has('gen_ai.response.model');
  return hasModel && OLD_USAGE.some((name) => attributes.has(name));
}

function generationOf(attributes: Attributes, scopeName: string): Flavour {
  // Vercel's SDK 7 writes generation C under this scope.
  if (scopeName === 'gen_ai') return 'vercel_ai';
  if (attributes.has('gen_ai.is_streaming') || scopeName.startsWith('@traceloop/')) return 'openllmetry';
  if (attributes.has('gen_ai.provider.name')) return 'gen_ai_c';
  return OLD_USAGE.some((name) => attributes.has(name)) ? 'gen_ai_a' : 'gen_ai_b';
}
