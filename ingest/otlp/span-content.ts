import { eventContent } from './event-content.ts';
import { unflattened } from './flattened.ts';
import { type CallInput, type CallOutput, contentText, inputOf, outputOf, toolCall } from './messages.ts';
import { finishReason } from './names.ts';
import type { Attributes, Span, Value } from './telemetry.ts';
import { field, firstField, firstText, itemsOf, textOf, unpacked } from './values.ts';

type Reader<Side> = (span: Span) => Side;

/** Where what was asked may be; the first place that has something counts. */
const INPUTS: readonly Reader<CallInput>[] = [
  ({ attributes }) => structuredInput(attributes),
  ({ attributes }) => inputOf(unflattened(attributes, 'llm.input_messages.').map(unwrapped)),
  ({ attributes }) => inputOf(unflattened(attributes, 'gen_ai.prompt.')),
  ({ attributes }) => vercelInput(attributes),
  ({ events }) => eventContent(events),
  plainInput,
  ({ attributes }) => ({
    prompt: textsOf(unflattened(attributes, 'embedding.embeddings.'), 'embedding.text'),
  }),
  ({ attributes }) => requestInput(attributes),
];

const OUTPUTS: readonly Reader<CallOutput>[] = [
  ({ attributes }) => outputOf(attributes.get('gen_ai.output.messages')),
  ({ attributes }) => outputOf(unflattened(attributes, 'llm.output_messages.').map(unwrapped)),
  ({ attributes }) => outputOf(unflattened(attributes, 'gen_ai.completion.')),
  ({ attributes }) => vercelOutput(attributes),
  ({ events }) => eventContent(events),
  plainOutput,
  ({ attributes }) => responseOutput(attributes),
];

/** What a span says of the texts of its call, whichever convention it follows. Empty when it has none. */
export function spanContent(span: Span): CallInput & CallOutput {
  return { ...firstFilled(INPUTS, span), ...firstFilled(OUTPUTS, span) };
}

/** Generation C: lists of messages, as values or as JSON. */
export function structuredInput(attributes: Attributes): CallInput {
  return inputOf(attributes.get('gen_ai.input.messages'), attributes.get('gen_ai.system_instructions'));
}

function firstFilled<Side extends object>(readers: readonly Reader<Side>[], span: Span): Side | undefined {
  for (const read of readers) {
    const side = read(span);
    if (Object.values(side).some((value) => value !== undefined)) return side;
  }
  return undefined;
}

/** OpenInference puts each message one level down, and so its parts and its tool calls. */
function unwrapped(item: Value): Value {
  const message = field(item, 'message') ?? item;
  const parts = itemsOf(field(message, 'contents')).map((part) => field(part, 'message_content') ?? part);
  const role = field(message, 'role');
  const content = parts.length > 0 ? parts : (field(message, 'content') ?? null);
  return {
    ...(typeof message === 'object' && message !== null && !Array.isArray(message) ? message : {}),
    ...(role === undefined ? {} : { role }),
    content,
  };
}

/** Vercel's SDK 4 to 6; its texts to embed are JSON, each on its own. */
function vercelInput(attributes: Attributes): CallInput {
  const messages = attributes.get('ai.prompt.messages');
  if (messages !== undefined) return inputOf(messages);
  const texts = [...itemsOf(attributes.get('ai.values')), attributes.get('ai.value')].map((value) =>
    textOf(unpacked(value)),
  );
  const prompt = texts.filter((text) => text !== undefined).join('\n');
  return { prompt: prompt === '' ? undefined : prompt };
}

function vercelOutput(attributes: Attributes): CallOutput {
  const calls = itemsOf(unpacked(attributes.get('ai.response.toolCalls'))).map(toolCall);
  return {
    response: firstText(attributes, ['ai.response.text', 'ai.response.object']),
    tool_calls: calls.length > 0 ? calls : undefined,
  };
}

/** Generation A: one text, or messages as JSON, on the span or on an event of it. */
function plainInput(span: Span): CallInput {
  const text = plainText(span, 'gen_ai.prompt', 'gen_ai.content.prompt');
  if (text === undefined) return {};
  return isMessages(unpacked(text)) ? inputOf(text) : { prompt: text };
}

function plainOutput(span: Span): CallOutput {
  const text = plainText(span, 'gen_ai.completion', 'gen_ai.content.completion');
  if (text === undefined) return {};
  return isMessages(unpacked(text)) ? outputOf(text) : { response: text };
}

function plainText({ attributes, events }: Span, name: string, eventName: string): string | undefined {
  const event = events.find((one) => one.name === eventName);
  return textOf(attributes.get(name)) ?? textOf(event?.attributes.get(name));
}

function isMessages(value: Value | undefined): boolean {
  const [first] = Array.isArray(value) ? value : [value];
  return typeof first === 'object' && first !== null;
}

/** OpenInference's fallback: the vendor's request as it was sent, or a text. */
function requestInput(attributes: Attributes): CallInput {
  const value = firstText(attributes, ['input.value', 'traceloop.entity.input']);
  const request = unpacked(value);
  const messages = firstField(request, ['messages', 'input', 'prompt']);
  if (Array.isArray(messages)) return inputOf(messages, firstField(request, ['system', 'instructions']));
  return { prompt: textOf(messages) ?? value };
}

function responseOutput(attributes: Attributes): CallOutput {
  const value = firstText(attributes, ['output.value', 'traceloop.entity.output']);
  const choices = itemsOf(field(unpacked(value), 'choices'));
  return choices.length === 0 ? { response: value } : choiceOutput(choices[0]);
}

function choiceOutput(choice: Value | undefined): CallOutput {
  const reason = textOf(field(choice, 'finish_reason'));
  return {
    ...outputOf(field(choice, 'message')),
    finish_reason: reason === undefined ? undefined : finishReason(reason),
  };
}

function textsOf(items: readonly Value[], path: string): string | undefined {
  const [outer = '', inner = ''] = path.split('.');
  const texts = items.map((item) => contentText({ content: field(field(item, outer), inner) }));
  const text = texts.filter((one) => one !== undefined).join('\n');
  return text === '' ? undefined : text;
}
