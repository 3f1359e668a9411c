import type { VendorAnswer } from './vendor-answer.ts';
import { OPENAI, pieces, wantsTool } from './vendor-chat.ts';

type Body = { readonly [name: string]: unknown };

/** The Responses API: a whole response, or its named events. */
export function responsesAnswer(body: Body): VendorAnswer {
  const items = outputOf(body);
  const response = { ...bare(body), status: 'completed', output: items, usage: USAGE };
  if (body['model'] === 'fails-midway' && body['stream'] !== true) return { json: failedResponse(body) };
  if (body['model'] === 'too-long') {
    return {
      json: { ...response, status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    };
  }
  if (body['stream'] !== true) return { json: response };
  const events = eventsOf(body, response);
  return body['model'] === 'cut' ? { events, ending: 'breaks' } : { events };
}

const USAGE = {
  input_tokens: OPENAI.usage.input,
  input_tokens_details: { cached_tokens: OPENAI.usage.cached },
  output_tokens: OPENAI.usage.output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: OPENAI.usage.input + OPENAI.usage.output,
};

function bare(body: Body): object {
  return {
    id: 'resp_1',
    object: 'response',
    created_at: 1_770_000_000,
    model: OPENAI.answered,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: body['instructions'] ?? null,
    output: [],
    parallel_tool_calls: true,
    tools: body['tools'] ?? [],
    text: body['text'] ?? { format: { type: 'text' } },
  };
}

function failedResponse(body: Body): object {
  return { ...bare(body), status: 'failed', error: { code: 'server_error', message: 'the engine stopped' } };
}

function outputOf(body: Body): readonly Record<string, unknown>[] {
  const { id, ...tool } = OPENAI.tool;
  if (wantsTool(body))
    return [{ type: 'function_call', id: 'fc_1', call_id: id, ...tool, status: 'completed' }];
  const isRefusal = body['model'] === 'refuses';
  const part = isRefusal
    ? { type: 'refusal', refusal: OPENAI.refusal }
    : {
        type: 'output_text',
        text: body['text'] === undefined ? OPENAI.text : OPENAI.structured,
        annotations: [],
      };
  return [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [part] }];
}

function eventsOf(body: Body, response: object): string[] {
  let sequence = 0;
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
  const created = event('response.created', { response: bare(body) });
  const [item = {}] = outputOf(body);
  const body0 = itemEvents(item, event);
  if (body['model'] === 'cut') return [created, ...body0.slice(0, 4)];
  if (body['model'] === 'fails-midway') {
    return [created, ...body0.slice(0, 4), event('response.failed', { response: failedResponse(body) })];
  }
  if (body['model'] === 'errs-midway') {
    const error = { code: 'server_error', message: 'the engine stopped', param: null };
    return [created, ...body0.slice(0, 4), event('error', error)];
  }
  return [created, ...body0, event('response.completed', { response })];
}

type Event = (type: string, fields: object) => string;

function itemEvents(item: Record<string, unknown>, event: Event): string[] {
  const place = { item_id: item['id'], output_index: 0 };
  const done = (): string => event('response.output_item.done', { output_index: 0, item });
  if (item['type'] === 'function_call') {
    const given = String(item['arguments']);
    return [
      event('response.output_item.added', { output_index: 0, item: { ...item, arguments: '' } }),
      ...[given.slice(0, 8), given.slice(8)].map((delta) =>
        event('response.function_call_arguments.delta', { ...place, delta }),
      ),
      event('response.function_call_arguments.done', { ...place, arguments: given }),
      done(),
    ];
  }
  const [part] = item['content'] as [{ type: string; text?: string; refusal?: string }];
  const inPart = { ...place, content_index: 0 };
  const text = part.text ?? part.refusal ?? '';
  const kind = part.type === 'refusal' ? 'refusal' : 'output_text';
  const field = part.type === 'refusal' ? 'refusal' : 'text';
  return [
    event('response.output_item.added', { output_index: 0, item: { ...item, content: [] } }),
    event('response.content_part.added', { ...inPart, part: { ...part, [field]: '' } }),
    ...pieces(text).map((delta) => event(`response.${kind}.delta`, { ...inPart, delta })),
    event(`response.${kind}.done`, { ...inPart, [field]: text }),
    event('response.content_part.done', { ...inPart, part }),
    done(),
  ];
}
