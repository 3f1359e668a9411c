import type { InferenceRecord, Message } from '../inference-record.ts';
import { type Fields, field, isFields, listOf, present, textOf } from './values.ts';

type Asked = Pick<InferenceRecord, 'messages' | 'system'>;

/** What the wire contract takes. */
const MESSAGES_MAX = 10_000;
const TOOL_CALLS_MAX = 1000;
const ROLE_LENGTH_MAX = 200;
/** A field of a part that we do not know is kept when it is short: an image as base64 is not. */
const FIELD_LENGTH_MAX = 1000;

const SYSTEM_ROLES: ReadonlySet<string> = new Set(['system', 'developer']);
const TEXT_PARTS: ReadonlySet<unknown> = new Set([undefined, 'text', 'input_text', 'output_text', 'refusal']);
const CALL_PARTS: ReadonlySet<unknown> = new Set([
  'tool_use',
  'tool-call',
  'function_call',
  'custom_tool_call',
]);
const RESULT_PARTS: ReadonlySet<unknown> = new Set([
  'tool_result',
  'tool-result',
  'function_call_output',
  'custom_tool_call_output',
]);

/**
 * What was asked, from the messages of any of the clients, copied: the host may change its own as soon as the call has
 * begun. Texts are shared, so a copy costs what there are parts. What the system was told at the beginning stands apart.
 * Beyond 10,000 messages the newest are kept.
 */
export function askedOf(given: unknown, systemGiven?: unknown): Asked {
  const messages: Message[] = [];
  for (const item of itemsOf(given)) messages.push(...messagesOf(item));
  const firstOther = messages.findIndex(({ role }) => !SYSTEM_ROLES.has(role));
  const count = firstOther === -1 ? messages.length : firstOther;
  const told = [
    ...itemsOf(systemGiven).map(systemText),
    ...messages.slice(0, count).map(({ content }) => contentText(content)),
  ];
  const rest = messages.slice(count).slice(-MESSAGES_MAX);
  return present<Asked>({ system: joined(told), messages: rest.length > 0 ? rest : undefined });
}

/** Several texts, or one, as one text; undefined when there is none, as for a list of token numbers. */
export function promptText(given: unknown): string | undefined {
  return joined(itemsOf(given).map(textOf));
}

/** The text in a message's content; undefined when it has none. */
export function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return textOf(content);
  return joined(listOf(content).map((part) => textOf(partText(part))));
}

/** A tool call in the shape that the service knows of most vendors; its arguments are JSON in a text. */
export function toolCall(item: unknown): unknown {
  const inner = field(item, 'function') ?? field(item, 'custom') ?? item;
  const id = field(item, 'call_id') ?? field(item, 'toolCallId') ?? field(item, 'id');
  const given = field(inner, 'arguments') ?? field(inner, 'input') ?? field(inner, 'args');
  const isFreeText = field(item, 'type') === 'custom' || field(item, 'type') === 'custom_tool_call';
  return {
    ...(typeof id === 'string' ? { id } : {}),
    type: 'function',
    function: {
      name: String(field(inner, 'name') ?? field(inner, 'toolName') ?? ''),
      arguments: isFreeText ? JSON.stringify({ input: given }) : asText(given ?? ''),
    },
  };
}

/** At most as many as the wire contract takes; undefined when there are none. */
export function toolCalls(items: readonly unknown[]): unknown[] | undefined {
  return items.length === 0 ? undefined : items.slice(0, TOOL_CALLS_MAX).map(toolCall);
}

/** Texts joined by line feeds; undefined when there is none. */
export function joined(texts: readonly (string | undefined)[]): string | undefined {
  const present = texts.filter((text) => text !== undefined);
  return present.length > 0 ? present.join('\n') : undefined;
}

/** A system prompt is a text, parts, or messages. */
function systemText(given: unknown): string | undefined {
  return textOf(partText(given)) ?? contentText(field(given, 'content'));
}

function itemsOf(given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given;
  return given === undefined || given === null ? [] : [given];
}

/** One message as the record has it, and one more for each result of a tool in it. */
function messagesOf(item: unknown): Message[] {
  if (typeof item === 'string') return [{ role: 'user', content: item }];
  if (!isFields(item)) return [];
  if (CALL_PARTS.has(item['type'])) return [{ role: 'assistant', tool_calls: [toolCall(item)] }];
  if (RESULT_PARTS.has(item['type'])) return [toolResult(item)];
  const role = textOf(item['role'])?.slice(0, ROLE_LENGTH_MAX);
  // Items of the Responses API that are no message: reasoning, a reference, a call of a hosted tool.
  if (role === undefined) return [];
  const parts = listOf(item['content']);
  const calls = [...listOf(item['tool_calls']), ...parts.filter(isCall)];
  const results = parts.filter(isResult).map(toolResult);
  const content = typeof item['content'] === 'string' ? item['content'] : contentOf(parts);
  if (content === undefined && calls.length === 0) return results.length > 0 ? results : [{ role }];
  const message: Message = present<Message>({
    role,
    content,
    tool_calls: toolCalls(calls),
    name: textOf(item['name']),
    tool_call_id: textOf(item['tool_call_id']),
  });
  return [message, ...results];
}

const isCall = (part: unknown): boolean => CALL_PARTS.has(field(part, 'type'));
const isResult = (part: unknown): boolean => RESULT_PARTS.has(field(part, 'type'));

/** One text stays a text. */
function contentOf(parts: readonly unknown[]): unknown {
  const kept = parts.filter((part) => !isCall(part) && !isResult(part)).map(contentPart);
  const [only] = kept;
  if (kept.length > 1) return kept;
  return field(only, 'type') === 'text' ? field(only, 'text') : only && kept;
}

function contentPart(part: unknown): unknown {
  const text = partText(part);
  if (typeof text === 'string') return { type: 'text', text };
  if (!isFields(part)) return { type: 'other' };
  const type = part['type'];
  const reasoning = type === 'thinking' ? part['thinking'] : part['text'];
  if ((type === 'thinking' || type === 'reasoning') && typeof reasoning === 'string') {
    return { type: 'reasoning', reasoning };
  }
  return shortFields(part);
}

function partText(part: unknown): unknown {
  if (typeof part === 'string') return part;
  return TEXT_PARTS.has(field(part, 'type')) ? (field(part, 'text') ?? field(part, 'refusal')) : undefined;
}

/** A part that is not text: what kind it is and where it lies, without the bytes that it may carry. */
function shortFields(part: Fields): Fields {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(part)) {
    const isShort = typeof value === 'string' ? value.length <= FIELD_LENGTH_MAX : typeof value === 'number';
    if (isShort) kept[name] = value;
  }
  return kept;
}

function toolResult(part: unknown): Message {
  const output = field(part, 'output') ?? field(part, 'content') ?? field(part, 'result');
  // Vercel's SDK says with each result what kind of value it is.
  const given = field(output, 'value') ?? output;
  const id = field(part, 'tool_use_id') ?? field(part, 'call_id') ?? field(part, 'toolCallId');
  return present<Message>({
    role: 'tool',
    content: contentText(given) ?? asText(given ?? ''),
    tool_call_id: textOf(id),
  });
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
