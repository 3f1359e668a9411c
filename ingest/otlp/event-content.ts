import type { Message } from '../../core/inference.ts';
import { type CallInput, type CallOutput, contentText, inputOf, messagesOf, outputOf } from './messages.ts';
import { finishReason } from './names.ts';
import type { Attributes, SpanEvent, Value } from './telemetry.ts';
import { field, firstField, textOf, unpacked } from './values.ts';

/** Generation B's events to the role that each speaks for. */
const ROLES: Readonly<Record<string, string>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
};
const CHOICE = 'gen_ai.choice';
const DETAILS = 'gen_ai.client.inference.operation.details';

export interface EventPiece {
  /** `whole`: everything of the call, so that nothing else is needed. */
  readonly part: 'message' | 'choice' | 'whole';
  readonly content: CallInput & CallOutput;
}

/** Whether an event of this name tells what was asked or answered. */
export function isContentEvent(name: string): boolean {
  return Object.hasOwn(ROLES, name) || name === CHOICE || name === DETAILS;
}

/** What a content event tells; null when it holds no content, as instrumentations send it that may not capture any. */
export function eventPiece(
  name: string,
  { body, attributes }: { body: Value; attributes: Attributes },
): EventPiece | null {
  if (name === DETAILS) return detailsPiece(attributes, body);
  if (name === CHOICE) return choicePiece(body);
  const role = textOf(field(body, 'role')) ?? ROLES[name] ?? 'user';
  const answers = textOf(firstField(body, ['tool_call_id', 'id']));
  const item = typeof body === 'string' ? { content: body } : objectOf(body);
  const messages = messagesOf({
    ...item,
    role,
    ...(role === 'tool' && answers !== undefined ? { tool_call_id: answers } : {}),
  });
  const isSaid = messages.some(
    ({ content, tool_calls: calls }) => content !== undefined || calls !== undefined,
  );
  if (!isSaid) return null;
  return role === 'system' || role === 'developer'
    ? { part: 'message', content: { system: messages.map(contentText).join('\n') } }
    : { part: 'message', content: { messages } };
}

/** The same of the events of a span, for instrumentations that put them there. Empty when there are none. */
export function eventContent(events: readonly SpanEvent[]): CallInput & CallOutput {
  if (!events.some(({ name }) => isContentEvent(name))) return {};
  const pieces = events
    .filter(({ name }) => isContentEvent(name))
    .map(({ name, attributes }) => eventPiece(name, { attributes, body: bodyOf(attributes) }));
  return joinPieces(pieces.filter((piece) => piece !== null));
}

/** Pieces in order as one: messages and system texts one after another, of the rest the first. A whole counts alone. */
export function joinPieces(pieces: readonly EventPiece[]): CallInput & CallOutput {
  const whole = pieces.findLast(({ part }) => part === 'whole');
  if (whole) return whole.content;
  const contents = pieces.map(({ content }) => content);
  const messages: Message[] = contents.flatMap((content) => content.messages ?? []);
  const system = contents.map((content) => content.system).filter((text) => text !== undefined);
  const first = <Name extends keyof CallOutput>(name: Name): CallOutput[Name] =>
    contents.find((content) => content[name] !== undefined)?.[name];
  return {
    messages: messages.length > 0 ? messages : undefined,
    system: system.length > 0 ? system.join('\n') : undefined,
    response: first('response'),
    tool_calls: first('tool_calls'),
    finish_reason: first('finish_reason'),
  };
}

/** Only the first choice: the record has one response. */
function choicePiece(body: Value): EventPiece | null {
  const index = field(body, 'index');
  if (typeof index === 'number' && index > 0) return null;
  const reason = textOf(field(body, 'finish_reason'));
  const content = {
    ...outputOf(field(body, 'message') ?? body),
    ...(reason === undefined ? {} : { finish_reason: finishReason(reason) }),
  };
  return Object.values(content).some((value) => value !== undefined) ? { part: 'choice', content } : null;
}

/** Generation C's event has the attributes that a span would have; some senders put them into the body. */
function detailsPiece(attributes: Attributes, body: Value): EventPiece | null {
  const read = (name: string): Value | undefined => attributes.get(name) ?? field(body, name);
  const content = {
    ...inputOf(read('gen_ai.input.messages'), read('gen_ai.system_instructions')),
    ...outputOf(read('gen_ai.output.messages')),
  };
  return Object.values(content).some((value) => value !== undefined) ? { part: 'whole', content } : null;
}

/** On a span the body is JSON in an attribute, or the attributes themselves. */
function bodyOf(attributes: Attributes): Value {
  const packed = unpacked(attributes.get('gen_ai.event.content'));
  return (
    packed ?? Object.fromEntries([...attributes].map(([name, value]) => [name, unpacked(value) ?? value]))
  );
}

function objectOf(value: Value): { readonly [name: string]: Value } {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as { readonly [name: string]: Value }) : {};
}
