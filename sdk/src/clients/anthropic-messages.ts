import type { InferenceRecord } from '../inference-record.ts';
import { type CallReader, type StreamReader, saidInFull, versionOf } from './call-reader.ts';
import { askedOf, contentText, toolCalls } from './messages.ts';
import { finishReason } from './names.ts';
import { countOf, field, isFields, listOf, merged, present, textOf } from './values.ts';

/** `messages.create` of Anthropic, plain and beta. */
export const MESSAGES_READER: CallReader = {
  request: (body) => ({
    operation: 'chat',
    ...present({ model: textOf(field(body, 'model')) }),
    ...askedOf(field(body, 'messages'), field(body, 'system')),
  }),
  response: (answer, asked) => saidInFull(messageOf(answer, asked)),
  stream: messagesStream,
};

const CALLED: ReadonlySet<unknown> = new Set(['tool_use']);
const BLOCKS_MAX = 10_000;

function messageOf(message: unknown, asked: string | undefined): Partial<InferenceRecord> {
  const blocks = listOf(field(message, 'content'));
  return merged(
    versionOf(field(message, 'model'), asked),
    usageOf(field(message, 'usage')),
    present<Partial<InferenceRecord>>({
      response: contentText(blocks),
      tool_calls: toolCalls(blocks.filter((block) => CALLED.has(field(block, 'type')))),
      finish_reason: finishReason(field(message, 'stop_reason')),
    }),
  );
}

/** Anthropic counts what came from the cache, or went into it, beside the input: the record has it within. */
function usageOf(usage: unknown): Partial<InferenceRecord> {
  const anew = countOf(field(usage, 'input_tokens'));
  const cached = countOf(field(usage, 'cache_read_input_tokens'));
  const written = countOf(field(usage, 'cache_creation_input_tokens'));
  return present<Partial<InferenceRecord>>({
    input_tokens: anew === undefined ? undefined : anew + (cached ?? 0) + (written ?? 0),
    output_tokens: countOf(field(usage, 'output_tokens')),
    cached_tokens: cached,
  });
}

interface Block {
  readonly type: unknown;
  readonly id: unknown;
  readonly name: unknown;
  /** What a tool was given, where it did not come in pieces. */
  readonly input: unknown;
  readonly pieces: string[];
}

function messagesStream(): StreamReader {
  const blocks = new Map<number, Block>();
  let message: unknown;
  let usage: Record<string, unknown> = {};
  let stopReason: unknown;
  let isComplete = false;
  let hasContent = false;
  const count = (given: unknown): void => {
    // The last one is the sum of all; what it leaves out was told at the beginning.
    if (isFields(given)) usage = { ...usage, ...present(given) };
  };
  return {
    get hasContent() {
      return hasContent;
    },
    get isComplete() {
      return isComplete;
    },
    read(event) {
      const type = field(event, 'type');
      if (type === 'message_start') {
        message = field(event, 'message');
        count(field(message, 'usage'));
      } else if (type === 'content_block_start') hasContent = startBlock(blocks, event) || hasContent;
      else if (type === 'content_block_delta') hasContent = addDelta(blocks, event) || hasContent;
      else if (type === 'message_delta') {
        stopReason = field(field(event, 'delta'), 'stop_reason') ?? stopReason;
        count(field(event, 'usage'));
      } else if (type === 'message_stop') isComplete = true;
    },
    record(asked) {
      const inOrder = [...blocks.entries()].sort(([a], [b]) => a - b).map(([, block]) => wholeBlock(block));
      const whole = { model: field(message, 'model'), content: inOrder, usage, stop_reason: stopReason };
      const record = messageOf(whole, asked);
      return isComplete ? saidInFull(record) : record;
    },
  };
}

/** True if it is content already: a tool was called. */
function startBlock(blocks: Map<number, Block>, event: unknown): boolean {
  const block = field(event, 'content_block');
  const index = countOf(field(event, 'index'));
  if (index === undefined || index >= BLOCKS_MAX) return false;
  const type = field(block, 'type');
  const text = textOf(field(block, 'text'));
  const isText = type === 'text' && text !== undefined;
  blocks.set(index, {
    type,
    id: field(block, 'id'),
    name: field(block, 'name'),
    input: field(block, 'input'),
    pieces: isText ? [text] : [],
  });
  return isText || CALLED.has(type);
}

/** True if it is content; thinking is none, and neither is its signature. */
function addDelta(blocks: Map<number, Block>, event: unknown): boolean {
  const delta = field(event, 'delta');
  const type = field(delta, 'type');
  const piece =
    type === 'text_delta'
      ? field(delta, 'text')
      : type === 'input_json_delta' && field(delta, 'partial_json');
  const block = blocks.get(countOf(field(event, 'index')) ?? 0);
  if (block === undefined || typeof piece !== 'string' || piece === '') return false;
  block.pieces.push(piece);
  return type === 'text_delta' || CALLED.has(block.type);
}

function wholeBlock({ type, id, name, input, pieces }: Block): unknown {
  const text = pieces.join('');
  return CALLED.has(type) ? { type, id, name, input: text === '' ? input : text } : { type, text };
}
