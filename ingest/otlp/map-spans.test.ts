import { describe, expect, it } from 'vitest';
import type { Inference } from '../../core/inference.ts';
import { checkInference } from '../../core/inference-check.ts';
import { mapped } from '../../test/support/otlp-mapped.ts';
import { SPAN_ID, START, type TestSpan, TRACE_ID, tracesJson } from '../../test/support/otlp-request.ts';
import type { Value } from './telemetry.ts';

type Values = Readonly<Record<string, Value>>;
const CALL = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4' };

/** The one record of a span with these attributes. */
function record(attributes: Values, span: TestSpan = {}): Inference {
  const { records, rejected } = mapped(tracesJson([{ ...span, attributes: { ...CALL, ...attributes } }]));
  expect(rejected).toEqual([]);
  expect(records).toHaveLength(1);
  return records[0] as Inference;
}

const nano = (ms: number): string => String(BigInt(START) + BigInt(Math.round(ms * 1e6)));

describe('identity and time', () => {
  it('comes from the span', () => {
    expect(record({})).toMatchObject({
      id: `${TRACE_ID}:${SPAN_ID}`,
      trace_id: TRACE_ID,
      span_id: SPAN_ID,
      timestamp: '2026-11-25T09:46:40.123Z',
      latency_ms: 812.5,
    });
  });

  it('has latency to the nanosecond', () => {
    expect(record({}, { start: '1795600000123000001', end: '1795600000123000003' }).latency_ms).toBe(
      0.000002,
    );
  });

  it.each([['0'], ['1']])('has no latency when the end is %s', (end) => {
    expect(record({}, { end })).not.toHaveProperty('latency_ms');
  });

  it('is of the project that the request is of', () => {
    const { records } = mapped(tracesJson([{ attributes: CALL }]), { project: 'p1' });
    expect(records[0]?.project).toBe('p1');
    expect(record({})).not.toHaveProperty('project');
  });

  it.each<[string, Values, TestSpan, number]>([
    ['seconds', { 'gen_ai.response.time_to_first_chunk': 0.25 }, {}, 250],
    ['seconds of Vercel 7', { 'gen_ai.client.operation.time_to_first_chunk': 0.25 }, {}, 250],
    ['seconds of vLLM', { 'gen_ai.latency.time_to_first_token': 0.25 }, {}, 250],
    ['milliseconds of Vercel 6', { 'ai.response.msToFirstChunk': 250.5 }, {}, 250.5],
    [
      'an event of OpenInference',
      {},
      { events: [{ name: 'First Token Stream Event', nano: nano(250) }] },
      250,
    ],
    [
      'the first event of OpenLLMetry',
      {},
      { events: [250, 300].map((ms) => ({ name: 'llm.content.completion.chunk', nano: nano(ms) })) },
      250,
    ],
  ])('time to the first token from %s', (_, attributes, span, expected) => {
    expect(record(attributes, span).time_to_first_token_ms).toBeCloseTo(expected, 9);
  });

  it('has the time in the queue', () => {
    expect(record({ 'gen_ai.latency.time_in_queue': 0.004 }).queue_ms).toBe(4);
  });
});

describe('model and version', () => {
  it.each<[string, Values, string, string | undefined]>([
    ['asked and answered by another name', { 'gen_ai.response.model': 'gpt-4-0613' }, 'gpt-4', 'gpt-4-0613'],
    ['the same name', { 'gen_ai.response.model': 'gpt-4' }, 'gpt-4', undefined],
    ['asked only', {}, 'gpt-4', undefined],
  ])('%s', (_, attributes, model, version) => {
    const { model: actual, version: actualVersion } = record(attributes);
    expect([actual, actualVersion]).toEqual([model, version]);
  });

  it('takes the answer where nothing was asked', () => {
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.response.model': 'gpt-4-0613' };
    expect(mapped(tracesJson([{ attributes }])).records[0]).toMatchObject({ model: 'gpt-4-0613' });
  });

  it("takes OpenInference's request from what was invoked", () => {
    const attributes = {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt-4-0613',
      'llm.invocation_parameters': '{"model":"gpt-4"}',
    };
    expect(mapped(tracesJson([{ attributes }])).records[0]).toMatchObject({
      model: 'gpt-4',
      version: 'gpt-4-0613',
    });
  });
});

describe('tokens', () => {
  it.each<[string, Values, Partial<Inference>]>([
    [
      'C',
      {
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.usage.cache_read.input_tokens': 3,
      },
      { input_tokens: 10, output_tokens: 5, cached_tokens: 3 },
    ],
    [
      'A',
      { 'gen_ai.usage.prompt_tokens': 10, 'gen_ai.usage.completion_tokens': 5 },
      { input_tokens: 10, output_tokens: 5 },
    ],
    [
      'new before old',
      { 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.prompt_tokens': 99 },
      { input_tokens: 10 },
    ],
    [
      'OpenInference',
      {
        'llm.token_count.prompt': 10,
        'llm.token_count.completion': 5,
        'llm.token_count.prompt_details.cache_read': 3,
      },
      { input_tokens: 10, output_tokens: 5, cached_tokens: 3 },
    ],
    [
      'Vercel 4',
      { 'ai.usage.promptTokens': 10, 'ai.usage.completionTokens': 5 },
      { input_tokens: 10, output_tokens: 5 },
    ],
    ['digits in a text', { 'gen_ai.usage.input_tokens': '10' }, { input_tokens: 10 }],
    ['cost', { 'gen_ai.usage.cost': 0.0021 }, { cost_usd: 0.0021 }],
  ])('%s', (_, attributes, expected) => {
    expect(record(attributes)).toMatchObject(expected);
  });

  it.each<[string, Values, number]>([
    [
      'apart',
      {
        'gen_ai.usage.input_tokens': 12,
        'gen_ai.usage.cache_read.input_tokens': 30,
        'gen_ai.usage.cache_creation.input_tokens': 7,
      },
      49,
    ],
    [
      'apart, under the new name',
      {
        'gen_ai.usage.input_tokens': 12,
        'gen_ai.usage.cache_read.input_tokens': 30,
        'gen_ai.usage.cache_write.input_tokens': 7,
      },
      49,
    ],
    [
      'apart, nothing read',
      { 'gen_ai.usage.input_tokens': 4, 'gen_ai.usage.cache_creation_input_tokens': 7 },
      11,
    ],
    [
      'added up already',
      {
        'gen_ai.usage.input_tokens': 49,
        'gen_ai.usage.cache_read.input_tokens': 30,
        'gen_ai.usage.cache_creation.input_tokens': 7,
      },
      49,
    ],
    ['without a cache', { 'gen_ai.usage.input_tokens': 12 }, 12],
  ])('of Anthropic, %s', (_, attributes, expected) => {
    expect(record({ ...attributes, 'gen_ai.provider.name': 'anthropic' }).input_tokens).toBe(expected);
  });

  it('of others are never added up: more from the cache than read is their mistake', () => {
    const attributes = { 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.cache_read.input_tokens': 30 };
    expect(record({ ...attributes, 'gen_ai.provider.name': 'openai' }).input_tokens).toBe(12);
  });

  it.each([[-1], [1.5], ['many'], [true], [2 ** 60]])('leaves out %j', (value) => {
    expect(record({ 'gen_ai.usage.input_tokens': value })).not.toHaveProperty('input_tokens');
  });
});

describe('how it ended', () => {
  it.each<[string, Values, TestSpan, Partial<Inference>]>([
    ['well', {}, {}, { status: 'ok' }],
    [
      'with a type',
      { 'error.type': 'timeout' },
      { hasError: true },
      { status: 'error', error_type: 'timeout' },
    ],
    ['with a type and no status', { 'error.type': '429' }, {}, { status: 'error', error_type: '429' }],
    [
      'with an exception',
      {},
      { hasError: true, events: [{ name: 'exception', attributes: { 'exception.type': 'APIError' } }] },
      { status: 'error', error_type: 'APIError' },
    ],
    ['with no reason', {}, { hasError: true }, { status: 'error' }],
    ['as a list', { 'gen_ai.response.finish_reasons': ['end_turn'] }, {}, { finish_reason: 'stop' }],
    [
      'as a list in JSON',
      { 'gen_ai.response.finish_reasons': '["max_tokens"]' },
      {},
      { finish_reason: 'length' },
    ],
    ['in the singular', { 'gen_ai.response.finish_reason': 'tool_use' }, {}, { finish_reason: 'tool_call' }],
    [
      "as Anthropic's stop_reason",
      { 'gen_ai.response.stop_reason': 'end_turn' },
      {},
      { finish_reason: 'stop' },
    ],
  ])('%s', (_, attributes, span, expected) => {
    expect(record(attributes, span)).toMatchObject(expected);
  });
});

describe('who, where, with which prompt', () => {
  it.each<[string, Values, Partial<Inference>]>([
    [
      'OpenTelemetry',
      {
        'gen_ai.conversation.id': 's',
        'user.id': 'u',
        'gen_ai.prompt.name': 'p',
        'gen_ai.prompt.version': '2',
      },
      { session: 's', user: 'u', prompt_name: 'p', prompt_version: '2' },
    ],
    ['older names', { 'session.id': 's', 'enduser.id': 'u' }, { session: 's', user: 'u' }],
    [
      'OpenLLMetry',
      {
        'traceloop.association.properties.session_id': 's',
        'traceloop.association.properties.user_id': 7,
        'traceloop.prompt.key': 'p',
        'traceloop.prompt.version': 2,
      },
      { session: 's', user: '7', prompt_name: 'p', prompt_version: '2' },
    ],
    [
      'Vercel',
      {
        'ai.telemetry.metadata.sessionId': 's',
        'ai.telemetry.metadata.userId': 'u',
        'ai.telemetry.functionId': 'p',
      },
      { session: 's', user: 'u', prompt_name: 'p' },
    ],
  ])('%s', (_, attributes, expected) => {
    expect(record(attributes)).toMatchObject(expected);
  });

  it.each<[Values, Partial<Inference>]>([
    [{ 'service.name': 'api', 'service.version': '8f3c' }, { release: 'api@8f3c' }],
    [{ 'service.name': 'unknown_service:node', 'service.version': '8f3c' }, { release: '8f3c' }],
    [{ 'deployment.environment.name': 'prod', 'deployment.environment': 'old' }, { environment: 'prod' }],
    [{ 'deployment.environment': 'prod' }, { environment: 'prod' }],
  ])('resource %j', (resource, expected) => {
    expect(record({}, { resource })).toMatchObject(expected);
  });

  it('comes from the spans around it in the same request, the nearest first', () => {
    const [outer, middle, leaf] = ['00000000000000aa', '00000000000000bb', '00000000000000cc'];
    const spans: TestSpan[] = [
      { spanId: leaf, parentSpanId: middle, attributes: CALL },
      { spanId: middle, parentSpanId: outer, attributes: { 'user.id': 'near' } },
      { spanId: outer, attributes: { 'user.id': 'far', 'session.id': 's' } },
      { spanId: leaf, parentSpanId: middle, traceId: '1'.repeat(32), attributes: CALL },
    ];
    const { records } = mapped(tracesJson(spans));
    expect(records[0]).toMatchObject({ user: 'near', session: 's' });
    expect(records[1]).not.toHaveProperty('user');
  });

  it('ends where spans are each others parents', () => {
    const spans = [
      { spanId: SPAN_ID, parentSpanId: '00000000000000aa', attributes: CALL },
      { spanId: '00000000000000aa', parentSpanId: SPAN_ID },
    ];
    expect(mapped(tracesJson(spans)).records).toHaveLength(1);
  });
});

describe('what has no field of its own', () => {
  const CONTENT = 'the secret text';
  const HIDDEN: Values = {
    'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: CONTENT }] }]),
    'gen_ai.tool.definitions': CONTENT,
    'gen_ai.prompt.9.content': CONTENT,
    'llm.prompts': CONTENT,
    'llm.tools.0.tool.json_schema': CONTENT,
    'input.value': CONTENT,
    'output.value': CONTENT,
    'ai.prompt': CONTENT,
    'ai.response.text': CONTENT,
    'traceloop.entity.input': CONTENT,
    'retrieval.documents.0.document.content': CONTENT,
    'gen_ai.response.id': 'chatcmpl-1',
    'gen_ai.agent.id': 'a1',
    'ai.response.timestamp': '2026-01-01T00:00:00Z',
    'gen_ai.request.seed': 42,
    'custom.text': 'x'.repeat(201),
  };

  it('is kept short: which convention, what was attached, and no content or ids', () => {
    const { attributes } = record(
      {
        ...HIDDEN,
        'gen_ai.request.temperature': 0.5,
        'traceloop.association.properties.tenant_id': 't1',
        'ai.telemetry.metadata.tier': 'free',
        metadata: '{"region":"eu","beta":true,"nested":{"a":1}}',
        'tag.tags': ['a', 'b'],
        'custom.category': 'c',
      },
      { resource: { 'service.name': 'api', 'cloud.region': 'eu-1', 'process.pid': 12 } },
    );
    expect(attributes).toEqual({
      'otel.semconv': 'gen_ai_b',
      'otel.scope.name': 'test',
      'otel.scope.version': '1.2.3',
      'service.name': 'api',
      'cloud.region': 'eu-1',
      tenant_id: 't1',
      tier: 'free',
      region: 'eu',
      beta: 'true',
      tags: 'a,b',
      'gen_ai.request.temperature': '0.5',
      'custom.category': 'c',
    });
  });

  it('is bounded as the record is, what people attached first', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`custom.${i}`, 'x']));
    const odd = { ['n'.repeat(201)]: 'x', '': 'x', 'ai.telemetry.metadata.long': `${'y'.repeat(999)}😀` };
    const call = record({ ...odd, ...many });
    const { attributes = {} } = call;
    expect(Object.keys(attributes)).toHaveLength(60);
    expect(attributes['long']).toBe('y'.repeat(999));
    expect(checkInference(call, { minMs: 0, maxMs: Number.MAX_VALUE }).ok).toBe(true);
  });

  it('has names of the prototype as names', () => {
    const { attributes = {} } = record({ 'ai.telemetry.metadata.__proto__': 'x', constructor: 'y' });
    expect(Object.entries(attributes)).toContainEqual(['__proto__', 'x']);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('texts of the older conventions', () => {
  const asked = { system: 'Be brief.', messages: [{ role: 'user', content: 'Hello' }], response: 'Hi' };
  const messages = JSON.stringify([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hello' },
  ]);
  it.each<[string, Values, TestSpan, Partial<Inference>]>([
    [
      'A in attributes',
      { 'gen_ai.prompt': messages, 'gen_ai.completion': '[{"role":"assistant","content":"Hi"}]' },
      {},
      asked,
    ],
    [
      'A as plain text',
      { 'gen_ai.prompt': 'Hello', 'gen_ai.completion': 'Hi' },
      {},
      { prompt: 'Hello', response: 'Hi' },
    ],
    [
      'A as text that looks like JSON',
      { 'gen_ai.prompt': '[1, 2]', 'gen_ai.completion': '3' },
      {},
      { prompt: '[1, 2]', response: '3' },
    ],
    [
      'A on events of the span',
      {},
      {
        events: [
          { name: 'gen_ai.content.prompt', attributes: { 'gen_ai.prompt': messages } },
          { name: 'gen_ai.content.completion', attributes: { 'gen_ai.completion': 'Hi' } },
        ],
      },
      asked,
    ],
    [
      'B on events of the span',
      {},
      {
        events: [
          {
            name: 'gen_ai.system.message',
            attributes: { 'gen_ai.event.content': '{"content":"Be brief."}' },
          },
          { name: 'gen_ai.user.message', attributes: { content: 'Hello' } },
          {
            name: 'gen_ai.choice',
            attributes: {
              'gen_ai.event.content': '{"index":0,"finish_reason":"stop","message":{"content":"Hi"}}',
            },
          },
        ],
      },
      { ...asked, finish_reason: 'stop' },
    ],
    [
      'C on an event of the span',
      {},
      {
        events: [
          {
            name: 'gen_ai.client.inference.operation.details',
            attributes: {
              'gen_ai.input.messages': messages,
              'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"Hi"}]}]',
            },
          },
        ],
      },
      asked,
    ],
    [
      'OpenLLMetry, out of order',
      {
        'gen_ai.prompt.1.role': 'user',
        'gen_ai.prompt.1.content': 'Hello',
        'gen_ai.prompt.0.role': 'system',
        'gen_ai.prompt.0.content': 'Be brief.',
        'gen_ai.completion.0.content': 'Hi',
      },
      {},
      asked,
    ],
    [
      'OpenLLMetry, parts in a text',
      { 'gen_ai.prompt.0.role': 'user', 'gen_ai.prompt.0.content': '[{"type": "text", "text": "Hello"}]' },
      {},
      { messages: asked.messages },
    ],
    [
      'OpenInference, parts',
      {
        'llm.input_messages.0.message.role': 'user',
        'llm.input_messages.0.message.contents.0.message_content.type': 'text',
        'llm.input_messages.0.message.contents.0.message_content.text': 'Hello',
      },
      {},
      { messages: asked.messages },
    ],
    [
      "OpenInference, the vendor's request",
      {
        'input.value': `{"messages":${messages}}`,
        'output.value':
          '{"choices":[{"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}',
      },
      {},
      { ...asked, finish_reason: 'stop' },
    ],
    [
      'OpenInference, texts',
      { 'input.value': 'Hello', 'output.value': 'Hi' },
      {},
      { prompt: 'Hello', response: 'Hi' },
    ],
    [
      'Vercel, an object',
      { 'ai.prompt.messages': messages, 'ai.response.object': '{"a":1}' },
      {},
      { system: 'Be brief.', response: '{"a":1}' },
    ],
  ])('%s', (_, attributes, span, expected) => {
    expect(record(attributes, span)).toMatchObject(expected);
  });

  it('may nest without end in their JSON', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const messages = `[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":${deep}}}]}]`;
    for (const name of [
      'gen_ai.input.messages',
      'gen_ai.output.messages',
      'ai.response.toolCalls',
      'metadata',
    ])
      expect(record({ [name]: messages }).id).toBeDefined();
  });

  it('are absent where they were hidden', () => {
    const hidden = record({ 'input.value': '__REDACTED__', 'output.value': '__REDACTED__' });
    for (const name of ['prompt', 'messages', 'response']) expect(hidden).not.toHaveProperty(name);
  });

  it('of the newest convention are taken where several are there', () => {
    const both = record({
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"new"}]}]',
      'gen_ai.prompt': 'old',
    });
    expect(both.messages).toEqual([{ role: 'user', content: 'new' }]);
    expect(both).not.toHaveProperty('prompt');
  });
});

describe('one call seen twice', () => {
  const ms = (value: number) => String(BigInt(START) + BigInt(value) * 1_000_000n);
  const rich = { ...CALL, 'gen_ai.system': 'openai', 'gen_ai.response.id': 'r1', 'gen_ai.completion': 'Hi' };
  const poor = { ...CALL, 'gen_ai.system': 'openai.chat', 'gen_ai.response.id': 'r1' };
  const outer = { spanId: '00000000000000aa', start: ms(0), end: ms(100) };
  const inner = { spanId: '00000000000000bb', start: ms(10), end: ms(90) };

  it.each([
    ['outside', { ...outer, attributes: rich }, { ...inner, attributes: poor }],
    ['inside', { ...inner, attributes: rich }, { ...outer, attributes: poor }],
  ])('is the richer one, %s, in whatever order', (_, richer, poorer) => {
    for (const spans of [
      [richer, poorer],
      [poorer, richer],
    ]) {
      const { records, ignored } = mapped(tracesJson(spans));
      expect(records.map(({ span_id }) => span_id)).toEqual([richer.spanId]);
      expect(ignored).toBe(1);
    }
  });

  it('of equals the same one stays whatever the order', () => {
    const spans = [
      { ...outer, attributes: poor },
      { ...inner, attributes: poor },
    ];
    for (const order of [spans, spans.toReversed()])
      expect(mapped(tracesJson(order)).records.map(({ span_id }) => span_id)).toEqual(['00000000000000aa']);
  });

  it.each<[string, TestSpan]>([
    ['another trace', { ...inner, traceId: '1'.repeat(32), attributes: poor }],
    ['another response', { ...inner, attributes: { ...poor, 'gen_ai.response.id': 'r2' } }],
    ['no response id', { ...inner, attributes: CALL }],
    ['another provider', { ...inner, attributes: { ...poor, 'gen_ai.system': 'anthropic' } }],
    [
      'another time, as of a vendor that gives all answers one id',
      { ...inner, start: ms(200), end: ms(210), attributes: poor },
    ],
  ])('is not: %s', (_, other) => {
    expect(mapped(tracesJson([{ ...outer, attributes: rich }, other])).records).toHaveLength(2);
  });
});

describe('a span at fault', () => {
  it.each<[string, TestSpan, RegExp]>([
    ['no model', { attributes: { 'gen_ai.operation.name': 'chat' } }, /gen_ai\.request\.model/],
    ['no trace id', { traceId: '', attributes: CALL }, /trace_id/],
    ['a trace id of zeros', { traceId: '0'.repeat(32), attributes: CALL }, /trace_id/],
    ['a short span id', { spanId: 'abcd', attributes: CALL }, /span_id/],
    ['no start', { start: '0', attributes: CALL }, /start_time_unix_nano/],
  ])('%s: is refused by its place, its neighbours are not', (_, span, reason) => {
    const good = { attributes: CALL };
    const { records, rejected } = mapped(tracesJson([good, span, { ...good, spanId: '00000000000000aa' }]));
    expect(records).toHaveLength(2);
    expect(rejected).toEqual([{ index: 1, reason: expect.stringMatching(reason) }]);
  });
});

it('takes a judgement that lies in the span as an event', () => {
  const events = [
    {
      name: 'gen_ai.evaluation.result',
      attributes: { 'gen_ai.evaluation.name': 'relevance', 'gen_ai.evaluation.score.value': 0.75 },
    },
    { name: 'gen_ai.evaluation.result', attributes: { 'gen_ai.evaluation.score.value': 1 } },
  ];
  const { scores, rejected } = mapped(tracesJson([{ attributes: CALL, events }]));
  expect(scores).toMatchObject([{ inference_id: `${TRACE_ID}:${SPAN_ID}`, name: 'relevance', value: 0.75 }]);
  expect(rejected).toEqual([]);
});
