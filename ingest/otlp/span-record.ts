import type { Inference } from '../../core/inference.ts';
import { extrasOf } from './extras.ts';
import { FINISH_REASONS_KEY, FIRST_TOKEN_EVENTS, NUMBER_KEYS, TEXT_KEYS } from './field-keys.ts';
import { type Flavour, flavourOf } from './leaf.ts';
import { finishReason, providerName } from './names.ts';
import { spanContent } from './span-content.ts';
import type { Attributes, Origin, Span } from './telemetry.ts';
import { cut, firstNumber, firstText, itemsOf, textOf, unpacked } from './values.ts';

/** A record while it is put together: what is undefined is left out when it is written. */
export type Draft = { -readonly [Name in keyof Inference]?: Inference[Name] | undefined };

const NAME_LENGTH_MAX = 200;
const NANO_PER_MS = 1_000_000n;
const DURATION_MS_MAX = 1e10;
/** Whose input_tokens leave out what came from the cache, unless the instrumentation has added it up. */
const APART_FROM_CACHE: ReadonlySet<string> = new Set(['anthropic', 'aws.bedrock']);

const OPERATIONS: Readonly<Record<string, string>> = {
  completion: 'text_completion',
  embedding: 'embeddings',
};

/** The record of a span that is a call of a model; null for any other span. Its id is `trace:span`. */
export function spanRecord(span: Span, origin: Origin): Draft | null {
  const flavour = flavourOf(span, origin.scopeName);
  if (flavour === null) return null;
  const { attributes } = span;
  const content = spanContent(span);
  return {
    id: `${span.traceId}:${span.spanId}`,
    timestamp: timestampOf(span.startNano),
    ...namesOf(attributes, origin),
    operation: cut(operationOf(span, flavour), NAME_LENGTH_MAX),
    trace_id: span.traceId,
    span_id: span.spanId,
    ...content,
    ...statusOf(span),
    finish_reason: cut(finishReasonOf(attributes) ?? content.finish_reason, NAME_LENGTH_MAX),
    ...timesOf(span),
    ...usageOf(attributes),
    attributes: extrasOf(attributes, origin, flavour),
  };
}

/** What spans around a call may know of it as well: who asked, in which conversation, with which prompt. */
export function contextOf(
  attributes: Attributes,
  scopeName: string,
): Pick<Draft, 'session' | 'user' | 'prompt_name'> {
  // Vercel's SDK 7 writes the function's id as the agent's name.
  const agent = scopeName === 'gen_ai' ? firstText(attributes, ['gen_ai.agent.name']) : undefined;
  return {
    session: nameOf(attributes, 'session'),
    user: nameOf(attributes, 'user'),
    prompt_name: nameOf(attributes, 'promptName') ?? cut(agent, NAME_LENGTH_MAX),
  };
}

/** The instant as RFC 3339, to the millisecond. */
export function timestampOf(nano: bigint): string {
  return new Date(Number(nano / NANO_PER_MS)).toISOString();
}

function nameOf(attributes: Attributes, name: keyof typeof TEXT_KEYS): string | undefined {
  return cut(firstText(attributes, TEXT_KEYS[name]), NAME_LENGTH_MAX);
}

function namesOf(attributes: Attributes, { resource, scopeName }: Origin): Draft {
  const provider = firstText(attributes, TEXT_KEYS.provider);
  return {
    environment: nameOf(resource, 'environment') ?? nameOf(attributes, 'environment'),
    provider: provider === undefined ? undefined : cut(providerName(provider), NAME_LENGTH_MAX),
    ...modelOf(attributes),
    release: releaseOf(resource),
    ...contextOf(attributes, scopeName),
    prompt_version: nameOf(attributes, 'promptVersion'),
  };
}

/**
 * The model is what was asked for: that is what people know it by, and what a fallback or an alias keeps stable. The
 * version is what answered, where that is another name: so a vendor's silent move of an alias is a new version.
 */
function modelOf(attributes: Attributes): Pick<Draft, 'model' | 'version'> {
  const invoked = unpacked(attributes.get('llm.invocation_parameters'));
  const asked =
    firstText(attributes, TEXT_KEYS.requestModel) ??
    (typeof invoked === 'object' && invoked !== null && 'model' in invoked
      ? textOf(invoked['model'])
      : undefined);
  const answered = firstText(attributes, TEXT_KEYS.responseModel);
  const model = cut(asked ?? answered, NAME_LENGTH_MAX);
  return { model, version: answered === model ? undefined : cut(answered, NAME_LENGTH_MAX) };
}

function releaseOf(resource: Attributes): string | undefined {
  const version = firstText(resource, ['service.version']);
  const name = firstText(resource, ['service.name']);
  if (version === undefined) return undefined;
  const isNamed = name !== undefined && !name.startsWith('unknown_service');
  return cut(isNamed ? `${name}@${version}` : version, NAME_LENGTH_MAX);
}

function operationOf({ name, attributes }: Span, flavour: Flavour): string {
  const given = firstText(attributes, ['gen_ai.operation.name', 'llm.request.type']);
  if (given !== undefined) return Object.hasOwn(OPERATIONS, given) ? (OPERATIONS[given] ?? given) : given;
  const isEmbedding = attributes.get('openinference.span.kind') === 'EMBEDDING' || name.endsWith('.doEmbed');
  if (isEmbedding) return 'embeddings';
  return flavour === 'gen_ai_a' && attributes.has('gen_ai.completion') ? 'text_completion' : 'chat';
}

function statusOf({ attributes, events, hasError }: Span): Pick<Draft, 'status' | 'error_type'> {
  const type = firstText(attributes, ['error.type']);
  if (!hasError && type === undefined) return { status: 'ok' };
  const exception = events.findLast(({ name }) => name === 'exception');
  const thrown = exception && firstText(exception.attributes, ['exception.type']);
  // Python's instrumentation writes the class as Python prints it.
  const bare = (type ?? thrown)?.replace(/^<class '(.*)'>$/, '$1');
  return { status: 'error', error_type: cut(bare, NAME_LENGTH_MAX) };
}

function finishReasonOf(attributes: Attributes): string | undefined {
  const [listed] = itemsOf(unpacked(attributes.get(FINISH_REASONS_KEY)));
  const given = textOf(listed) ?? firstText(attributes, [FINISH_REASONS_KEY, ...TEXT_KEYS.finishReason]);
  return given === undefined ? undefined : finishReason(given);
}

function timesOf(span: Span): Pick<Draft, 'latency_ms' | 'time_to_first_token_ms' | 'queue_ms'> {
  const { attributes, startNano, endNano } = span;
  const inSeconds = firstNumber(attributes, NUMBER_KEYS.firstTokenSeconds);
  const queueSeconds = firstNumber(attributes, NUMBER_KEYS.queueSeconds);
  return {
    latency_ms: startNano > 0n && endNano >= startNano ? duration(msBetween(startNano, endNano)) : undefined,
    time_to_first_token_ms: duration(
      inSeconds === undefined
        ? (firstNumber(attributes, NUMBER_KEYS.firstTokenMs) ?? firstTokenEventMs(span))
        : inSeconds * 1000,
    ),
    queue_ms: duration(queueSeconds === undefined ? undefined : queueSeconds * 1000),
  };
}

function firstTokenEventMs({ events, startNano }: Span): number | undefined {
  const first = events.find(({ name }) => FIRST_TOKEN_EVENTS.includes(name));
  return first && first.nano >= startNano ? msBetween(startNano, first.nano) : undefined;
}

const msBetween = (from: bigint, to: bigint): number => Number(to - from) / 1e6;
const duration = (ms: number | undefined): number | undefined =>
  ms !== undefined && ms <= DURATION_MS_MAX ? ms : undefined;

/**
 * Tokens read include those from a cache. Anthropic counts them apart, and some instrumentations pass its figure on:
 * known when more came from the cache than were read altogether.
 */
function usageOf(attributes: Attributes): Draft {
  const [read, written] = [count(attributes, 'cacheRead'), count(attributes, 'cacheWrite') ?? 0];
  const input = count(attributes, 'inputTokens');
  const cached = (read ?? 0) + written;
  const provider = providerName(firstText(attributes, TEXT_KEYS.provider) ?? '');
  const isApart = input !== undefined && APART_FROM_CACHE.has(provider) && cached > input;
  return {
    input_tokens: isApart ? input + cached : input,
    output_tokens: count(attributes, 'outputTokens'),
    cached_tokens: read,
    cost_usd: firstNumber(attributes, NUMBER_KEYS.costUsd),
  };
}

function count(attributes: Attributes, name: keyof typeof NUMBER_KEYS): number | undefined {
  const value = firstNumber(attributes, NUMBER_KEYS[name]);
  return Number.isSafeInteger(value) ? value : undefined;
}
