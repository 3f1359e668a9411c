// A vendor's HTTP protocol on this machine: what it answers is what the recordings must hold, so the tests take their
// expectations from here and not from our own output.
import { createServer } from 'node:http';

export const REQUEST_MODEL = 'gpt-4o-mini';
export const RESPONSE_MODEL = 'gpt-4o-mini-2024-07-18';
export const EMBEDDING_MODEL = 'text-embedding-3-small';
export const CLAUDE_MODEL = 'claude-sonnet-4-5';
export const SYSTEM = 'You are a terse geographer.';
export const QUESTION = 'What is the capital of France?';
export const ANSWER = 'The capital of France is Paris.';
export const EMBEDDED = 'A text to embed.';
export const WEATHER_QUESTION = 'What is the weather in Paris?';
export const TOOL_CALL = { id: 'call_weather_1', name: 'get_weather', arguments: '{"city":"Paris"}' };
export const USAGE = { input: 21, output: 9, cached: 4 };
export const TOOL_USAGE = { input: 52, output: 17 };
export const EMBEDDING_TOKENS = 5;
/** Claude's input_tokens leave out what came from the cache: 12 read anew, 30 from it, 7 written to it. */
export const CLAUDE_USAGE = { input: 12, output: 9, cacheRead: 30, cacheWrite: 7 };
export const IDS = {
  chat: 'chatcmpl-text-1',
  tool: 'chatcmpl-tool-1',
  stream: 'chatcmpl-stream-1',
  claude: 'msg_1',
};
export const USER = 'u-4';
export const SESSION = 's-81';

/** Starts it; `onExport(path, headers, body)` gets what exporters send, `/NAME/v1/traces` and `/NAME/v1/logs`. */
export function startVendor(onExport) {
  const server = createServer(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (/\/v1\/(traces|logs|metrics)$/.test(req.url)) {
      onExport(req.url, req.headers, body);
      res.writeHead(200, { 'content-type': req.headers['content-type'] }).end();
    } else await answer(req.url, JSON.parse(body.toString() || '{}'), res);
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, url: `http://127.0.0.1:${server.address().port}` }),
    ),
  );
}

function answer(url, request, res) {
  if (request.model === 'busy') {
    const error = { message: 'slow down', type: 'rate_limit_exceeded', code: 'rate_limit_exceeded' };
    return json(res, { error }, 429);
  }
  if (url.endsWith('/embeddings')) return json(res, embedding(request));
  if (url.endsWith('/messages')) return json(res, claude());
  if (request.stream) return stream(res, request);
  return json(res, request.tools ? toolCall() : text());
}

function json(res, body, status = 200) {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const completion = (id, message, finish_reason) => ({
  id,
  object: 'chat.completion',
  created: 1_770_000_000,
  model: RESPONSE_MODEL,
  system_fingerprint: 'fp_1',
  choices: [
    { index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason },
  ],
});

const usage = {
  prompt_tokens: USAGE.input,
  completion_tokens: USAGE.output,
  total_tokens: USAGE.input + USAGE.output,
  prompt_tokens_details: { cached_tokens: USAGE.cached },
  completion_tokens_details: { reasoning_tokens: 0 },
};

const text = () => ({ ...completion(IDS.chat, { content: ANSWER }, 'stop'), usage });

const toolCall = () => ({
  ...completion(
    IDS.tool,
    {
      content: null,
      tool_calls: [
        {
          id: TOOL_CALL.id,
          type: 'function',
          function: { name: TOOL_CALL.name, arguments: TOOL_CALL.arguments },
        },
      ],
    },
    'tool_calls',
  ),
  usage: {
    prompt_tokens: TOOL_USAGE.input,
    completion_tokens: TOOL_USAGE.output,
    total_tokens: TOOL_USAGE.input + TOOL_USAGE.output,
  },
});

function embedding({ encoding_format }) {
  const vector = Float32Array.from({ length: 4 }, (_, index) => index / 4);
  const asText = Buffer.from(vector.buffer).toString('base64');
  return {
    object: 'list',
    model: EMBEDDING_MODEL,
    data: [{ object: 'embedding', index: 0, embedding: encoding_format === 'base64' ? asText : [...vector] }],
    usage: { prompt_tokens: EMBEDDING_TOKENS, total_tokens: EMBEDDING_TOKENS },
  };
}

const claude = () => ({
  id: IDS.claude,
  type: 'message',
  role: 'assistant',
  model: CLAUDE_MODEL,
  content: [{ type: 'text', text: ANSWER }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: {
    input_tokens: CLAUDE_USAGE.input,
    output_tokens: CLAUDE_USAGE.output,
    cache_read_input_tokens: CLAUDE_USAGE.cacheRead,
    cache_creation_input_tokens: CLAUDE_USAGE.cacheWrite,
  },
});

async function stream(res, { stream_options }) {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = (choices, extra = {}) =>
    `data: ${JSON.stringify({ id: IDS.stream, object: 'chat.completion.chunk', created: 1_770_000_000, model: RESPONSE_MODEL, choices, ...extra })}\n\n`;
  const words = ANSWER.match(/\S+\s*/g);
  res.write(chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]));
  for (const word of words) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    res.write(chunk([{ index: 0, delta: { content: word }, finish_reason: null }]));
  }
  res.write(chunk([{ index: 0, delta: {}, finish_reason: 'stop' }]));
  if (stream_options?.include_usage) res.write(chunk([], { usage }));
  res.end('data: [DONE]\n\n');
}
