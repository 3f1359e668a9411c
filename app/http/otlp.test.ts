import { gzipSync } from 'node:zlib';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import protobuf from 'protobufjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { createLogger } from '../../core/log.ts';
import type { CheckedBlock } from '../../ingest/block.ts';
import type { Content } from '../../ingest/otlp/content.ts';
import { type IntakeServer, recordingStore, startIntake } from '../../test/fuzz/intake-server.ts';
import { tracesJson } from '../../test/support/otlp-request.ts';
import { createByteBudget } from './byte-budget.ts';
import { createMetrics } from './metrics.ts';
import { type OtlpIntake, type OtlpOutcome, type OtlpSubmission, otlpRoutes } from './otlp.ts';
import { createServer, type HttpServer } from './server.ts';

const BODY_BYTES_MAX = 64 * 1024;
const ALL_GOOD: OtlpOutcome = { accepted: 1, ignored: 0, rejected: [], rejectedCount: 0 };
const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'gpt-4',
  'gen_ai.provider.name': 'openai',
};
const ENCODINGS = [
  ['protobuf', 'application/x-protobuf'],
  ['json', 'application/json'],
] as const;
type Encoding = (typeof ENCODINGS)[number][0];

const tracer = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'api' }),
  spanProcessors: [new SimpleSpanProcessor(new InMemorySpanExporter())],
}).getTracer('test', '1.0');

/** A real exporter's answer to one export of one span. */
async function exportSpan(
  url: string,
  encoding: Encoding,
  options: object = {},
): Promise<'success' | 'failure'> {
  const Exporter = encoding === 'json' ? JsonTraceExporter : ProtobufTraceExporter;
  const exporter = new Exporter({ url: `${url}/v1/traces`, ...options });
  const span = tracer.startSpan('chat gpt-4', { attributes: CALL });
  span.end();
  const { code } = await new Promise<{ code: number }>((resolve) =>
    exporter.export([span as unknown as Parameters<typeof exporter.export>[0][number]], resolve),
  );
  await exporter.shutdown();
  return code === 0 ? 'success' : 'failure';
}

function contentsOf({ lines }: CheckedBlock): Content[] {
  const texts = Buffer.from(lines).toString('utf8').trim().split('\n');
  return texts.map((text) => JSON.parse(text) as Content);
}

describe('the way in for the unmodified exporters of OpenTelemetry', () => {
  const contents: Content[] = [];
  const store = {
    ...recordingStore(),
    keep: (block: CheckedBlock) => void contents.push(...contentsOf(block)),
  };
  let server: IntakeServer;
  beforeAll(async () => {
    server = await startIntake(store);
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    store.rows.length = 0;
    contents.length = 0;
  });

  const WAYS = ENCODINGS.flatMap(([encoding]) =>
    ['none', 'gzip'].map((compression) => ({ encoding, compression })),
  );

  it.each(WAYS)('spans in $encoding, compression $compression', async ({ encoding, compression }) => {
    expect(await exportSpan(server.url, encoding, { compression })).toBe('success');
    expect(store.rows).toMatchObject([
      {
        model: 'gpt-4',
        provider: 'openai',
        operation: 'chat',
        status: 'ok',
        latency_ms: expect.any(Number),
        error: 0,
        attributes: { 'service.name': 'api', 'otel.scope.name': 'test', 'otel.scope.version': '1.0' },
      },
    ]);
    const [row] = store.rows;
    expect(row?.['id']).toBe(`${row?.['trace_id']}:${row?.['span_id']}`);
    expect(row?.['id']).toMatch(/^[0-9a-f]{32}:[0-9a-f]{16}$/);
    expect(Math.abs(Date.parse(String(row?.['timestamp'])) - Date.now())).toBeLessThan(60_000);
    expect(server.heldBytes()).toBe(0);
  });

  it.each(WAYS)('log events in $encoding, compression $compression', async ({ encoding, compression }) => {
    const Exporter = encoding === 'json' ? JsonLogExporter : ProtobufLogExporter;
    const exporter = new Exporter({ url: `${server.url}/v1/logs`, compression } as object);
    const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
    const span = tracer.startSpan('chat gpt-4');
    const context = { traceId: span.spanContext().traceId, spanId: span.spanContext().spanId };
    const active = { getValue: () => span, setValue: () => active, deleteValue: () => active };
    provider.getLogger('test').emit({
      eventName: 'gen_ai.user.message',
      severityNumber: SeverityNumber.DEBUG,
      body: { content: 'Hello' },
      context: active,
    });
    provider.getLogger('test').emit({
      eventName: 'gen_ai.evaluation.result',
      attributes: { 'gen_ai.evaluation.name': 'relevance', 'gen_ai.evaluation.score.value': 0.5 },
      context: active,
    });
    await provider.forceFlush();
    await provider.shutdown();
    const id = `${context.traceId}:${context.spanId}`;
    expect(contents).toMatchObject([
      { id, part: 'message', piece: '{"messages":[{"role":"user","content":"Hello"}]}' },
    ]);
    expect(store.rows).toMatchObject([{ inference_id: id, name: 'relevance', value: 0.5 }]);
  });

  it('tells which spans the check refuses, by their place in the request', async () => {
    const attributes = CALL;
    const spans = [
      { attributes: { 'http.request.method': 'GET' } },
      { attributes },
      { attributes, start: '4102444800000000000', end: '4102444801000000000', spanId: '00000000000000aa' },
      { attributes: { 'gen_ai.operation.name': 'chat' }, spanId: '00000000000000bb' },
    ];
    const answer = await post(server.url, '/v1/traces', { body: tracesJson(spans) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body.toString())).toEqual({
      partialSuccess: {
        rejectedSpans: '2',
        errorMessage: expect.stringMatching(
          /^2: timestamp: expected an instant .*; 3: expected gen_ai\.request\.model/,
        ),
      },
    });
    expect(store.rows).toHaveLength(1);
  });
});

describe('the rules of OTLP/HTTP', () => {
  let server: HttpServer;
  let url: string;
  let submissions: OtlpSubmission[];
  let answers: (OtlpOutcome | Error)[];
  const budget = createByteBudget(1e6);
  const metrics = createMetrics({});
  const intake: OtlpIntake = {
    async submit(submission) {
      submissions.push(submission);
      const answer = answers.shift() ?? ALL_GOOD;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };

  beforeEach(async () => {
    submissions = [];
    answers = [];
    const options = { bodyBytesMax: BODY_BYTES_MAX, budget, metrics, log: createLogger('silent') };
    server = createServer({
      host: '127.0.0.1',
      port: 0,
      log: options.log,
      metrics,
      routes: [{ path: '/v1', router: otlpRoutes(intake, options) }],
    });
    url = (await server.start()).url;
  });
  afterEach(async () => {
    await server.stop();
    expect(budget.usedBytes).toBe(0);
  });

  const overloaded = (context: object = {}) =>
    new AppError('overloaded', 'too much', { retryAfterMs: 1000, ...context });

  describe.each(ENCODINGS)('%s: the exporter', (encoding) => {
    it.each<[string, Error]>([
      ['503 of a full queue', overloaded()],
      ['429 of too much from one client', overloaded({ isOverShare: true })],
      ['503 of a store that is down', new AppError('upstream_unavailable', 'the store is away')],
    ])('tries again after %s, and succeeds', async (_, failure) => {
      answers = [failure, failure];
      const startMs = performance.now();
      expect(await exportSpan(url, encoding)).toBe('success');
      expect(submissions).toHaveLength(3);
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(1_900);
      expect(submissions.map(({ signal, encoding: seen }) => [signal, seen])).toEqual(
        Array(3).fill(['traces', encoding]),
      );
    });

    it.each<[string, Error]>([
      ['400 of what cannot be decoded', new AppError('invalid_input', 'the body cannot be decoded')],
      ['413 of too many spans', new AppError('too_large', 'too many spans')],
      ['500 of a fault of ours', new Error('boom')],
    ])('does not try again after %s', async (_, failure) => {
      answers = [failure];
      expect(await exportSpan(url, encoding)).toBe('failure');
      expect(submissions).toHaveLength(1);
    });

    it('takes a partial success for a success, warns, and does not try again', async () => {
      answers = [{ accepted: 0, ignored: 0, rejected: [{ index: 0, reason: 'no model' }], rejectedCount: 1 }];
      const warnings: string[] = [];
      const nothing = () => {};
      const warn = (...said: unknown[]) => void warnings.push(said.map(String).join(' '));
      diag.setLogger(
        { error: nothing, warn, info: nothing, debug: nothing, verbose: nothing },
        DiagLogLevel.WARN,
      );
      expect(await exportSpan(url, encoding)).toBe('success');
      diag.disable();
      expect(submissions).toHaveLength(1);
      expect(warnings.join('\n')).toContain('no model');
    });

    it('waits no longer than it would itself: a long Retry-After would make it give up', async () => {
      answers = [overloaded({ retryAfterMs: 3_600_000 })];
      expect(await exportSpan(url, encoding)).toBe('success');
      expect(submissions).toHaveLength(2);
    });
  });

  describe.each(ENCODINGS)('%s: an answer', (encoding, contentType) => {
    const send = (options: Partial<Post> = {}) => post(url, '/v1/traces', { contentType, ...options });

    it('of full success has nothing set', async () => {
      const { status, headers, body } = await send();
      expect([status, headers.get('content-type')]).toEqual([200, contentType]);
      expect(body.toString()).toBe(encoding === 'json' ? '{}' : '');
    });

    it('to a request without spans is a success', async () => {
      const { status } = await send({ body: Buffer.alloc(0) });
      expect([status, submissions.length]).toEqual([200, 1]);
    });

    it.each([
      ['traces', 'rejectedSpans'],
      ['logs', 'rejectedLogRecords'],
    ])('of partial success counts what was rejected: %s', async (signal, name) => {
      const rejected = Array.from({ length: 20 }, (_, index) => ({ index, reason: 'bad' }));
      answers = [{ accepted: 1, ignored: 0, rejected, rejectedCount: 25 }];
      const { status, body } = await post(url, `/v1/${signal}`, { contentType });
      expect(status).toBe(200);
      const { partialSuccess } = decoded(encoding, 'Response', body) as {
        partialSuccess: Record<string, string>;
      };
      expect(Number(partialSuccess[encoding === 'json' ? name : 'rejected'])).toBe(25);
      expect(partialSuccess['errorMessage']).toMatch(/^0: bad; 1: bad.*; and 15 more$/);
    });

    it.each<[string, Error, number, number, string | null]>([
      ['invalid_input', new AppError('invalid_input', 'why'), 400, 3, null],
      ['too_large', new AppError('too_large', 'why'), 413, 3, null],
      ['overloaded', new AppError('overloaded', 'why', { retryAfterMs: 1500 }), 503, 14, '2'],
      ['overloaded for long', new AppError('overloaded', 'why', { retryAfterMs: 60_000 }), 503, 14, '4'],
      ['overloaded by this client', new AppError('overloaded', 'why', { isOverShare: true }), 429, 8, '1'],
      ['upstream_unavailable', new AppError('upstream_unavailable', 'why'), 503, 14, '1'],
    ])('of failure is a google.rpc.Status: %s', async (_, failure, status, code, retryAfter) => {
      answers = [failure];
      const answer = await send();
      expect([answer.status, answer.headers.get('content-type')]).toEqual([status, contentType]);
      expect(answer.headers.get('retry-after')).toBe(retryAfter);
      expect(decoded(encoding, 'Status', answer.body)).toEqual({ code, message: 'why' });
    });

    it('of a fault of ours tells nothing of it', async () => {
      answers = [new Error('secret')];
      const { status, body } = await send();
      expect(status).toBe(500);
      expect(body.toString()).not.toContain('secret');
    });

    it.each([['zstd'], ['snappy'], ['br'], ['deflate'], ['gzip, gzip']])(
      'to Content-Encoding %s is 415',
      async (encodingName) => {
        const answer = await send({ headers: { 'Content-Encoding': encodingName } });
        expect(answer.status).toBe(415);
        expect(decoded(encoding, 'Status', answer.body)).toMatchObject({
          message: expect.stringContaining('gzip'),
        });
      },
    );

    it.each([['identity'], ['gzip'], ['x-gzip'], ['GZIP']])(
      'to Content-Encoding %s is a success',
      async (name) => {
        const body = name === 'identity' ? Buffer.from('x') : gzipSync('x');
        const { status } = await send({ body, headers: { 'Content-Encoding': name } });
        expect([status, Buffer.from(submissions[0]?.body ?? []).toString()]).toEqual([200, 'x']);
      },
    );

    it.each<[string, Post]>([
      ['too large', { body: Buffer.alloc(BODY_BYTES_MAX + 1) }],
      [
        'too large once decompressed',
        { body: gzipSync(Buffer.alloc(50 * BODY_BYTES_MAX)), headers: { 'Content-Encoding': 'gzip' } },
      ],
    ])('to a body %s is 413', async (_, request) => {
      const answer = await send(request);
      expect([answer.status, submissions.length]).toEqual([413, 0]);
      expect(decoded(encoding, 'Status', answer.body)).toMatchObject({
        message: expect.stringContaining('at most 65536 bytes'),
      });
    });

    it('to a body whose compression is broken is 400', async () => {
      const body = gzipSync('x'.repeat(1000)).subarray(0, 20);
      const { status } = await send({ body, headers: { 'Content-Encoding': 'gzip' } });
      expect([status, submissions.length]).toEqual([400, 0]);
    });

    it('to metrics is a success that says that they are not kept', async () => {
      const { status, body } = await post(url, '/v1/metrics', {
        contentType,
        body: Buffer.alloc(BODY_BYTES_MAX * 4),
      });
      expect([status, submissions.length]).toEqual([200, 0]);
      const { partialSuccess } = decoded(encoding, 'Response', body) as {
        partialSuccess: Record<string, string>;
      };
      expect(partialSuccess).toEqual({ errorMessage: expect.stringMatching(/metrics are not stored/) });
    });
  });

  it.each([['text/plain'], ['application/x-www-form-urlencoded'], ['application/grpc'], ['']])(
    'Content-Type "%s" is 415, with the mend',
    async (contentType) => {
      const { status, body } = await post(url, '/v1/traces', { contentType });
      expect([status, submissions.length]).toEqual([415, 0]);
      expect(JSON.parse(body.toString())).toEqual({
        code: 3,
        message: expect.stringContaining('application/x-protobuf'),
      });
    },
  );

  it('a charset behind the type is fine', async () => {
    expect((await post(url, '/v1/logs', { contentType: 'application/json; charset=utf-8' })).status).toBe(
      200,
    );
    expect(submissions).toMatchObject([{ signal: 'logs', encoding: 'json' }]);
  });

  it('what became of spans is counted', async () => {
    answers = [{ accepted: 3, ignored: 2, rejected: [], rejectedCount: 1 }];
    await post(url, '/v1/traces', {});
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/plumbline_records_total\{kind="span",outcome="ignored"\} 2/);
  });
});

interface Post {
  readonly body?: Buffer;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function post(
  url: string,
  path: string,
  { body = Buffer.from('{}'), contentType = 'application/json', headers }: Post,
) {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'Content-Type': contentType, ...headers },
  });
  return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}

/** The answers' messages as opentelemetry-proto and googleapis have them. */
const root = protobuf.parse(`
  syntax = "proto3";
  message Response { Partial partial_success = 1; }
  message Partial { int64 rejected = 1; string error_message = 2; }
  message Status { int32 code = 1; string message = 2; }`).root;

function decoded(encoding: Encoding, type: 'Response' | 'Status', body: Buffer): unknown {
  if (encoding === 'json') return JSON.parse(body.toString());
  const message = root.lookupType(type);
  return message.toObject(message.decode(body), { longs: String });
}
