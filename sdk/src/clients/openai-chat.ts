import type { InferenceRecord } from '../inference-record.ts';
import { type CallReader, type StreamReader, saidInFull, versionOf } from './call-reader.ts';
import { askedOf, contentText, promptText, toolCalls } from './messages.ts';
import { finishReason } from './names.ts';
import { countOf, field, isFields, listOf, merged, present, textOf } from './values.ts';

/** Choices beyond the first are read only while none before has said anything. */
const CHOICES_MAX = 16;
const TOOL_CALLS_MAX = 1000;

/** `chat.completions.create`, of OpenAI and of all that speak it. */
export const CHAT_READER: CallReader = {
  request: (body) => ({
    operation: 'chat',
    ...present({ model: textOf(field(body, 'model')) }),
    ...askedOf(field(body, 'messages')),
  }),
  response: (answer, asked) =>
    merged(
      versionOf(field(answer, 'model'), asked),
      usageOf(field(answer, 'usage')),
      saidInFull(bestOf(listOf(field(answer, 'choices')).slice(0, CHOICES_MAX).map(choiceOf))),
    ),
  stream: chatStream,
};

/** `completions.create`, the older one. */
export const COMPLETION_READER: CallReader = {
  request: (body) => ({
    operation: 'text_completion',
    ...present({ model: textOf(field(body, 'model')), prompt: promptText(field(body, 'prompt')) }),
  }),
  response: CHAT_READER.response,
  stream: chatStream,
};

/** `embeddings.create`: the numbers themselves are never kept. */
export const EMBEDDING_READER: CallReader = {
  request: (body) => ({
    operation: 'embeddings',
    ...present({ model: textOf(field(body, 'model')), prompt: promptText(field(body, 'input')) }),
  }),
  response: (answer, asked) => ({
    ...versionOf(field(answer, 'model'), asked),
    ...usageOf(field(answer, 'usage')),
  }),
};

type Answered = Pick<InferenceRecord, 'response' | 'tool_calls' | 'finish_reason'>;

/** OpenAI counts what came from the cache into the input; DeepSeek has a name of its own for it. */
function usageOf(usage: unknown): Partial<InferenceRecord> {
  const cached = field(field(usage, 'prompt_tokens_details'), 'cached_tokens');
  return present<Partial<InferenceRecord>>({
    input_tokens: countOf(field(usage, 'prompt_tokens')),
    output_tokens: countOf(field(usage, 'completion_tokens')),
    cached_tokens: countOf(cached ?? field(usage, 'prompt_cache_hit_tokens')),
  });
}

function choiceOf(choice: unknown): Answered {
  const message = field(choice, 'message');
  const called = field(message, 'function_call');
  const calls = isFields(called) ? [called] : listOf(field(message, 'tool_calls'));
  const said = contentText(field(message, 'content')) ?? textOf(field(message, 'refusal'));
  return present<Answered>({
    response: said ?? textOf(field(choice, 'text')),
    tool_calls: toolCalls(calls),
    finish_reason: finishReason(field(choice, 'finish_reason')),
  });
}

/** Of several choices the first that has a text or calls a tool. */
function bestOf(choices: readonly Answered[]): Answered {
  return choices.find(({ response, tool_calls }) => response !== undefined || tool_calls) ?? choices[0] ?? {};
}

interface Call {
  id: unknown;
  type: unknown;
  name: string;
  readonly arguments: string[];
}

interface Choice {
  readonly texts: string[];
  readonly calls: Map<number, Call>;
  reason: unknown;
}

function chatStream(): StreamReader {
  const choices = new Map<number, Choice>();
  let model: unknown;
  let usage: unknown;
  let hasContent = false;
  const isComplete = (): boolean =>
    choices.size > 0 && [...choices.values()].every(({ reason }) => textOf(reason) !== undefined);
  return {
    get hasContent() {
      return hasContent;
    },
    get isComplete() {
      return isComplete();
    },
    read(chunk) {
      model ??= textOf(field(chunk, 'model'));
      usage = field(chunk, 'usage') ?? usage;
      for (const given of listOf(field(chunk, 'choices'))) {
        const choice = choiceAt(choices, given);
        if (choice === undefined) continue;
        addDelta(choice, given);
        hasContent ||= choice.texts.length > 0 || choice.calls.size > 0;
      }
    },
    record(asked) {
      const inOrder = [...choices.entries()].sort(([a], [b]) => a - b);
      const best = bestOf(inOrder.map(([, choice]) => gathered(choice)));
      return merged(versionOf(model, asked), usageOf(usage), isComplete() ? saidInFull(best) : best);
    },
  };
}

function choiceAt(choices: Map<number, Choice>, given: unknown): Choice | undefined {
  const index = countOf(field(given, 'index')) ?? 0;
  const known = choices.get(index);
  if (known !== undefined || index >= CHOICES_MAX) return known;
  const choice: Choice = { texts: [], calls: new Map(), reason: undefined };
  choices.set(index, choice);
  return choice;
}

function addDelta(choice: Choice, given: unknown): void {
  const delta = field(given, 'delta');
  const text = field(delta, 'content') ?? field(delta, 'refusal') ?? field(given, 'text');
  if (textOf(text) !== undefined) choice.texts.push(String(text));
  const called = field(delta, 'function_call');
  if (isFields(called)) addCall(choice, { index: 0, function: called });
  for (const call of listOf(field(delta, 'tool_calls'))) addCall(choice, call);
  choice.reason = field(given, 'finish_reason') ?? choice.reason;
}

function addCall({ calls }: Choice, given: unknown): void {
  const index = countOf(field(given, 'index')) ?? 0;
  if (index >= TOOL_CALLS_MAX) return;
  const call = calls.get(index) ?? { id: undefined, type: undefined, name: '', arguments: [] };
  calls.set(index, call);
  const inner = field(given, 'function') ?? field(given, 'custom');
  call.id ??= field(given, 'id');
  call.type ??= field(given, 'type');
  call.name ||= textOf(field(inner, 'name')) ?? '';
  const piece = textOf(field(inner, 'arguments') ?? field(inner, 'input'));
  if (piece !== undefined) call.arguments.push(piece);
}

function gathered({ texts, calls, reason }: Choice): Answered {
  const all = [...calls.entries()].sort(([a], [b]) => a - b).map(([, call]) => call);
  return present<Answered>({
    response: texts.length > 0 ? texts.join('') : undefined,
    tool_calls: toolCalls(all.map((call) => ({ ...call, arguments: call.arguments.join('') }))),
    finish_reason: finishReason(reason),
  });
}
