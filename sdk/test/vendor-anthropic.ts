import type { VendorAnswer } from './vendor-answer.ts';
import { pieces, wantsTool } from './vendor-chat.ts';

/** What Anthropic answers; 12 tokens are read anew, 30 come from the cache, 7 go into it. */
export const ANTHROPIC = {
  answered: 'claude-sonnet-4-5-20250929',
  text: 'The capital of France is Paris.',
  thinking: 'The user asks for a capital.',
  structured: '{"city":"Paris"}',
  tool: { id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } },
  usage: { input: 12, output: 9, cacheRead: 30, cacheWrite: 7 },
} as const;

type Body = { readonly [name: string]: unknown };
type Block = { readonly type: string; readonly [name: string]: unknown };

const USAGE = {
  input_tokens: ANTHROPIC.usage.input,
  output_tokens: ANTHROPIC.usage.output,
  cache_read_input_tokens: ANTHROPIC.usage.cacheRead,
  cache_creation_input_tokens: ANTHROPIC.usage.cacheWrite,
};

export function anthropicAnswer(body: Body): VendorAnswer {
  const content = blocksOf(body);
  const stop_reason = stopReason(body);
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: ANTHROPIC.answered,
    content,
    stop_reason,
    stop_sequence: null,
    usage: USAGE,
  };
  if (body['stream'] !== true) return { json: message };
  const start = { ...message, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } };
  const events = [
    event('message_start', { message: start }),
    event('ping', {}),
    ...content.flatMap(blockEvents),
  ];
  if (body['model'] === 'cut') return { events: events.slice(0, 5), ending: 'breaks' };
  if (body['model'] === 'hangs-midway') return { events: events.slice(0, 5), ending: 'hangs' };
  if (body['model'] === 'fails-midway') {
    const error = { type: 'overloaded_error', message: 'Overloaded' };
    return { events: [...events.slice(0, 5), event('error', { error })] };
  }
  return {
    events: [
      ...events,
      event('message_delta', {
        delta: { stop_reason, stop_sequence: null },
        usage: { output_tokens: ANTHROPIC.usage.output },
      }),
      event('message_stop', {}),
    ],
  };
}

function stopReason(body: Body): string {
  if (wantsTool(body)) return 'tool_use';
  return body['model'] === 'refuses' ? 'refusal' : 'end_turn';
}

function blocksOf(body: Body): readonly Block[] {
  const thinking: Block[] =
    body['thinking'] === undefined
      ? []
      : [{ type: 'thinking', thinking: ANTHROPIC.thinking, signature: 'sig' }];
  if (wantsTool(body)) return [...thinking, { type: 'tool_use', ...ANTHROPIC.tool }];
  if (body['model'] === 'refuses' || body['model'] === 'silent') return thinking;
  const isStructured = body['output_config'] !== undefined || body['output_format'] !== undefined;
  return [...thinking, { type: 'text', text: isStructured ? ANTHROPIC.structured : ANTHROPIC.text }];
}

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

function blockEvents(block: Block, index: number): string[] {
  const delta = (given: object): string => event('content_block_delta', { index, delta: given });
  const stop = event('content_block_stop', { index });
  const start = (content_block: object): string => event('content_block_start', { index, content_block });
  if (block.type === 'thinking') {
    return [
      start({ ...block, thinking: '', signature: '' }),
      ...pieces(String(block['thinking'])).map((thinking) => delta({ type: 'thinking_delta', thinking })),
      delta({ type: 'signature_delta', signature: 'sig' }),
      stop,
    ];
  }
  if (block.type === 'tool_use') {
    const given = JSON.stringify(block['input']);
    return [
      start({ ...block, input: {} }),
      ...['', given.slice(0, 8), given.slice(8)].map((partial_json) =>
        delta({ type: 'input_json_delta', partial_json }),
      ),
      stop,
    ];
  }
  return [
    start({ ...block, text: '' }),
    ...pieces(String(block['text'])).map((text) => delta({ type: 'text_delta', text })),
    stop,
  ];
}
