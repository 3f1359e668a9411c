import type { Message } from '../../core/inference.ts';
import { finishReason } from './names.ts';
import type { Value } from './telemetry.ts';
import { cut, field, firstField, itemsOf, textOf, unpacked } from './values.ts';

/** The sides of a call as the record has them; what was not sent is undefined. */
export interface CallInput {
  readonly prompt?: string | undefined;
  readonly messages?: readonly Message[] | undefined;
  readonly system?: string | undefined;
}

export interface CallOutput {
  readonly response?: string | undefined;
  readonly tool_calls?: readonly Value[] | undefined;
  readonly finish_reason?: string | undefined;
}

const ROLE_LENGTH_MAX = 200;
/** A field of a part that we do not know is kept when it is short: an image as base64 is not. */
const FIELD_LENGTH_MAX = 1000;
const SYSTEM_ROLES: ReadonlySet<string> = new Set(['system', 'developer']);

/**
 * What was asked, from messages in any of the vendors' spellings, as values or as JSON: a list of `{role, content}` or
 * `{role, parts}`. What the system was told at the beginning stands apart from the messages, as the record has it.
 */
export function inputOf(value: Value | undefined, systemValue?: Value): CallInput {
  const messages = listOf(value).flatMap(messagesOf);
  const firstOther = messages.findIndex(({ role }) => !SYSTEM_ROLES.has(role));
  const count = firstOther === -1 ? messages.length : firstOther;
  const told = [systemText(systemValue), ...messages.slice(0, count).map(contentText)];
  const rest = messages.slice(count);
  return {
    system: joined(told),
    messages: rest.length > 0 ? rest : undefined,
  };
}

/** What was answered: of several choices the first that has a text or calls a tool. */
export function outputOf(value: Value | undefined): CallOutput {
  const choices = listOf(value).map((item) => {
    const [message] = messagesOf(item);
    const reason = textOf(firstField(item, ['finish_reason', 'finishReason']));
    return {
      response: message && contentText(message),
      tool_calls: message?.['tool_calls'] as readonly Value[] | undefined,
      finish_reason: reason === undefined ? undefined : finishReason(reason),
    };
  });
  const [first] = choices;
  return choices.find(({ response, tool_calls }) => response !== undefined || tool_calls) ?? first ?? {};
}

/** One message as the record has it, and one more for each result of a tool in it. */
export function messagesOf(item: Value): Message[] {
  if (typeof item === 'string') return textOf(item) === undefined ? [] : [{ role: 'user', content: item }];
  const role = cut(textOf(field(item, 'role')) ?? 'user', ROLE_LENGTH_MAX);
  const parts = readParts(firstField(item, ['parts', 'content', 'contents']));
  const toolCalls = [...parts.toolCalls, ...itemsOf(unpacked(field(item, 'tool_calls'))).map(toolCall)];
  const name = textOf(field(item, 'name'));
  const answers = textOf(field(item, 'tool_call_id'));
  const message: Message = {
    role,
    ...(parts.content === undefined ? {} : { content: parts.content }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    ...(name === undefined ? {} : { name }),
    ...(answers === undefined ? {} : { tool_call_id: answers }),
  };
  const isEmpty = parts.content === undefined && toolCalls.length === 0;
  return isEmpty ? parts.results : [message, ...parts.results];
}

/** A tool call in the shape that most vendors share; its arguments are JSON in a text. */
export function toolCall(item: Value): Value {
  // OpenInference puts the call one level down, most vendors the function in it.
  const call = field(item, 'tool_call') ?? item;
  const inner = field(call, 'function') ?? call;
  const id = textOf(firstField(call, ['id', 'toolCallId', 'call_id', 'tool_call_id']));
  const given = firstField(inner, ['arguments', 'input', 'args', 'parameters']);
  return {
    ...(id === undefined ? {} : { id }),
    type: 'function',
    function: {
      name: textOf(firstField(inner, ['name', 'toolName'])) ?? '',
      ...(given === undefined ? {} : { arguments: asText(given) }),
    },
  };
}

/** The text of a message; undefined when it has none. */
export function contentText({ content }: Pick<Message, 'content'>): string | undefined {
  if (typeof content === 'string') return content;
  return joined(itemsOf(content as Value).map((part) => textOf(field(part, 'text'))));
}

interface Parts {
  readonly content: Value | undefined;
  readonly toolCalls: readonly Value[];
  readonly results: Message[];
}

type PartKind = 'text' | 'reasoning' | 'tool_call' | 'result' | 'other';

/** What the vendors call their parts; a dash counts as an underscore. */
const PART_KINDS: Readonly<Record<string, PartKind>> = {
  text: 'text',
  input_text: 'text',
  output_text: 'text',
  reasoning: 'reasoning',
  thinking: 'reasoning',
  tool_call: 'tool_call',
  tool_use: 'tool_call',
  function_call: 'tool_call',
  tool_call_response: 'result',
  tool_result: 'result',
  function_call_output: 'result',
};

function readParts(value: Value | undefined): Parts {
  const content: Value[] = [];
  const toolCalls: Value[] = [];
  const results: Message[] = [];
  const unpackedValue = isPartsJson(value) ? unpacked(value) : value;
  if (!Array.isArray(unpackedValue)) {
    const text =
      textOf(unpackedValue ?? undefined) ?? (isScalar(unpackedValue) ? undefined : asText(unpackedValue));
    return { content: text, toolCalls, results };
  }
  for (const part of unpackedValue) {
    const kind = kindOf(part);
    if (kind === 'tool_call') toolCalls.push(toolCall(part));
    else if (kind === 'result') results.push(toolResult(part));
    else content.push(...contentPart(kind, part));
  }
  return { content: simplest(content), toolCalls, results };
}

/** Parts that were put into a text, as OpenLLMetry does. */
function isPartsJson(value: Value | undefined): boolean {
  return typeof value === 'string' && /^\s*\[\s*\{\s*"type"/.test(value);
}

const isScalar = (value: Value | undefined): boolean => typeof value !== 'object' || value === null;

function kindOf(part: Value): PartKind {
  if (typeof part === 'string') return 'text';
  const type = textOf(field(part, 'type'))?.replaceAll('-', '_');
  if (type === undefined) return textOf(field(part, 'text')) === undefined ? 'other' : 'text';
  return Object.hasOwn(PART_KINDS, type) ? (PART_KINDS[type] ?? 'other') : 'other';
}

function contentPart(kind: PartKind, part: Value): Value[] {
  if (kind === 'other') return [shortFields(part)];
  const text =
    typeof part === 'string' ? textOf(part) : textOf(firstField(part, ['text', 'content', 'thinking']));
  if (text === undefined) return [];
  return [kind === 'text' ? { type: 'text', text } : { type: 'reasoning', reasoning: text }];
}

/** A part that is not text: what kind it is and where it lies, without the bytes that it may carry. */
function shortFields(part: Value): Value {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return { type: 'other' };
  const kept = Object.entries(part as { readonly [name: string]: Value }).filter(
    ([name, value]) =>
      isScalar(value) &&
      !(typeof value === 'string' && value.length > FIELD_LENGTH_MAX) &&
      name !== 'content' &&
      name !== 'text',
  );
  return Object.fromEntries(kept);
}

function toolResult(part: Value): Message {
  const id = textOf(firstField(part, ['id', 'toolCallId', 'tool_use_id', 'call_id', 'tool_call_id']));
  const result = firstField(part, ['response', 'result', 'output', 'content']);
  return {
    role: 'tool',
    content: result === undefined ? '' : asText(result),
    ...(id === undefined ? {} : { tool_call_id: id }),
  };
}

/** One text stays a text. */
function simplest(content: readonly Value[]): Value | undefined {
  const [only] = content;
  if (only === undefined) return undefined;
  const isText = content.length === 1 && field(only, 'type') === 'text';
  return isText ? field(only, 'text') : content;
}

function listOf(value: Value | undefined): readonly Value[] {
  const list = unpacked(value);
  if (list === undefined || list === null) return [];
  return Array.isArray(list) ? (list as readonly Value[]) : [list];
}

function systemText(value: Value | undefined): string | undefined {
  return joined(
    listOf(value).map((item) =>
      typeof item === 'string' ? textOf(item) : textOf(firstField(item, ['content', 'text'])),
    ),
  );
}

function asText(value: Value | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

/** Texts joined by line feeds; undefined when there is none. */
function joined(texts: readonly (string | undefined)[]): string | undefined {
  const present = texts.filter((text) => text !== undefined);
  return present.length > 0 ? present.join('\n') : undefined;
}
