import type { VendorAnswer } from './vendor-answer.ts';

/** What the vendor answers; the tests expect it in the records. */
export const OPENAI = {
  answered: 'gpt-4o-mini-2024-07-18',
  text: 'The capital of France is Paris.',
  refusal: 'I cannot help with that.',
  structured: '{"city":"Paris"}',
  tool: { id: 'call_weather_1', name: 'get_weather', arguments: '{"city":"Paris"}' },
  usage: { input: 21, output: 9, cached: 4 },
  embedding: [0, 0.25, 0.5, 0.75],
  embeddingTokens: 5,
} as const;

type Body = { readonly [name: string]: unknown };

const USAGE = {
  prompt_tokens: OPENAI.usage.input,
  completion_tokens: OPENAI.usage.output,
  total_tokens: OPENAI.usage.input + OPENAI.usage.output,
  prompt_tokens_details: { cached_tokens: OPENAI.usage.cached },
  completion_tokens_details: { reasoning_tokens: 0 },
};

/** A tool is called when there are tools and no result of one yet. */
export function wantsTool(body: Body): boolean {
  return (
    Array.isArray(body['tools']) && !JSON.stringify(body['messages'] ?? body['input']).includes('18 degrees')
  );
}

export function chatAnswer(body: Body): VendorAnswer {
  if (body['stream'] === true) return chatStream(body);
  return { json: { ...head('chat.completion'), choices: choicesOf(body), usage: USAGE } };
}

function head(object: string): object {
  return {
    id: 'chatcmpl-1',
    object,
    created: 1_770_000_000,
    model: OPENAI.answered,
    system_fingerprint: 'fp_1',
  };
}

function choicesOf(body: Body): unknown[] {
  if (body['model'] === 'no-choices') return [];
  const count = typeof body['n'] === 'number' ? body['n'] : 1;
  return Array.from({ length: count }, (_, index) => {
    const { finish_reason, ...message } = answerTo(body);
    const said = index === 0 ? message.content : `${message.content} (${index})`;
    return {
      index,
      message: {
        role: 'assistant',
        refusal: null,
        ...message,
        content: message.content === null ? null : said,
      },
      logprobs: null,
      finish_reason,
    };
  });
}

interface Answer {
  readonly content: string | null;
  readonly refusal?: string;
  readonly tool_calls?: readonly unknown[];
  readonly finish_reason: string;
}

function answerTo(body: Body): Answer {
  const { id, ...tool } = OPENAI.tool;
  if (wantsTool(body)) {
    const call = { id, type: 'function', function: tool };
    return { content: null, tool_calls: [call], finish_reason: 'tool_calls' };
  }
  if (body['model'] === 'refuses') return { content: null, refusal: OPENAI.refusal, finish_reason: 'stop' };
  if (body['model'] === 'silent') return { content: '', finish_reason: 'stop' };
  if (body['response_format'] !== undefined) return { content: OPENAI.structured, finish_reason: 'stop' };
  return { content: OPENAI.text, finish_reason: 'stop' };
}

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

function chatStream(body: Body): VendorAnswer {
  const chunk = (choices: unknown, extra: object = {}): string =>
    data({ ...head('chat.completion.chunk'), choices, ...extra });
  const delta = (given: object, finish_reason: string | null = null): string =>
    chunk([{ index: 0, delta: given, finish_reason }]);
  const events = [
    delta({ role: 'assistant', content: '' }),
    ...deltasOf(answerTo(body)).map((one) => delta(one)),
  ];
  if (body['model'] === 'cut') return { events: events.slice(0, 3), ending: 'breaks' };
  if (body['model'] === 'hangs-midway') return { events: events.slice(0, 3), ending: 'hangs' };
  if (body['model'] === 'fails-midway') {
    const error = { message: 'the engine stopped', type: 'server_error', code: null };
    return { events: [...events.slice(0, 3), data({ error })] };
  }
  const options = body['stream_options'] as { include_usage?: boolean } | undefined;
  return {
    events: [
      ...events,
      delta({}, answerTo(body).finish_reason),
      ...(options?.include_usage ? [chunk([], { usage: USAGE })] : []),
      'data: [DONE]\n\n',
    ],
  };
}

function deltasOf({ content, refusal, tool_calls }: Answer): object[] {
  if (refusal !== undefined) return pieces(refusal).map((piece) => ({ refusal: piece }));
  if (tool_calls === undefined) return pieces(content ?? '').map((piece) => ({ content: piece }));
  const { id, name, arguments: given } = OPENAI.tool;
  const start = { index: 0, id, type: 'function', function: { name, arguments: '' } };
  const rest = [given.slice(0, 8), given.slice(8)].map((piece) => ({
    index: 0,
    function: { arguments: piece },
  }));
  return [start, ...rest].map((call) => ({ tool_calls: [call] }));
}

export function pieces(text: string): readonly string[] {
  return text.match(/\S+\s*/g) ?? [];
}

export function completionAnswer(body: Body): VendorAnswer {
  const choice = (text: string, finish_reason: string | null): object => ({
    index: 0,
    text,
    logprobs: null,
    finish_reason,
  });
  const whole = (choices: unknown, extra: object = {}): object => ({
    ...head('text_completion'),
    choices,
    ...extra,
  });
  if (body['stream'] !== true) return { json: whole([choice(OPENAI.text, 'stop')], { usage: USAGE }) };
  const texts = pieces(OPENAI.text).map((piece) => data(whole([choice(piece, null)])));
  return { events: [...texts, data(whole([choice('', 'stop')])), 'data: [DONE]\n\n'] };
}

export function embeddingAnswer(body: Body): VendorAnswer {
  const bytes = Buffer.from(Float32Array.from(OPENAI.embedding).buffer);
  const embedding = body['encoding_format'] === 'base64' ? bytes.toString('base64') : OPENAI.embedding;
  const usage = { prompt_tokens: OPENAI.embeddingTokens, total_tokens: OPENAI.embeddingTokens };
  return {
    json: {
      object: 'list',
      model: body['model'],
      data: [{ object: 'embedding', index: 0, embedding }],
      usage,
    },
  };
}
