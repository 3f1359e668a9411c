// What is recorded: name of the recording to the packages that made it and a function that makes the calls.
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { callOpenAi, MESSAGES } from './calls.mjs';
import {
  CLAUDE_MODEL,
  EMBEDDED,
  EMBEDDING_MODEL,
  QUESTION,
  REQUEST_MODEL,
  SESSION,
  SYSTEM,
  USER,
  WEATHER_QUESTION,
} from './vendor.mjs';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** A provider whose spans go to /NAME/v1/traces of the vendor, all in one request. */
function provider(url, name, encoding) {
  const Exporter = encoding === 'json' ? JsonExporter : ProtobufExporter;
  return new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'recorder',
      'service.version': '8f3c',
      'deployment.environment.name': 'prod',
    }),
    spanProcessors: [
      new BatchSpanProcessor(new Exporter({ url: `${url}/${name}/v1/traces` }), {
        scheduledDelayMillis: 60_000,
      }),
    ],
  });
}

/** Some end their spans a moment after the call. */
async function flush(tracing) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  await tracing.forceFlush();
}

async function openAiClient(url) {
  const { default: OpenAI } = await import('openai');
  return { OpenAI, client: () => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'x', maxRetries: 0 }) };
}

async function traceloop(url, name, encoding) {
  const { OpenAIInstrumentation } = await import('@traceloop/instrumentation-openai');
  const tracing = provider(url, name, encoding);
  const instrumentation = new OpenAIInstrumentation({ exceptionLogger: console.error });
  instrumentation.setTracerProvider(tracing);
  const { OpenAI, client } = await openAiClient(url);
  instrumentation.manuallyInstrument(OpenAI);
  await callOpenAi(client());
  await flush(tracing);
}

async function traceloopAnthropic(url, name, encoding) {
  const { AnthropicInstrumentation } = await import('@traceloop/instrumentation-anthropic');
  const tracing = provider(url, name, encoding);
  const instrumentation = new AnthropicInstrumentation({ exceptionLogger: console.error });
  instrumentation.setTracerProvider(tracing);
  const module = await import('@anthropic-ai/sdk');
  instrumentation.manuallyInstrument(module);
  const client = new module.Anthropic({ baseURL: url, apiKey: 'x', maxRetries: 0 });
  await client.messages.create({
    model: CLAUDE_MODEL,
    max_tokens: 64,
    system: SYSTEM,
    messages: [{ role: 'user', content: QUESTION }],
  });
  await flush(tracing);
}

async function openInference(url, name, encoding) {
  const { OpenAIInstrumentation } = await import('@arizeai/openinference-instrumentation-openai');
  const tracing = provider(url, name, encoding);
  const instrumentation = new OpenAIInstrumentation({ tracerProvider: tracing });
  const { OpenAI, client } = await openAiClient(url);
  instrumentation.manuallyInstrument(OpenAI);
  const { setSession, setUser, setMetadata } = await import('@arizeai/openinference-core');
  const inContext = [
    (active) => setSession(active, { sessionId: SESSION }),
    (active) => setUser(active, { userId: USER }),
    (active) => setMetadata(active, { tier: 'free' }),
  ].reduce((active, set) => set(active), context.active());
  await context.with(inContext, () => callOpenAi(client()));
  await flush(tracing);
}

/** The calls of Vercel's SDK, the same in 6 and 7 but for what switches telemetry on. */
async function callVercel({ ai, openai, telemetry }) {
  const { z } = await import('zod');
  const model = openai.chat(REQUEST_MODEL);
  await ai.generateText({ model, system: SYSTEM, prompt: QUESTION, temperature: 0.5, ...telemetry });
  const weather = ai.tool({ description: 'Weather of a city', inputSchema: z.object({ city: z.string() }) });
  await ai.generateText({ model, prompt: WEATHER_QUESTION, tools: { get_weather: weather }, ...telemetry });
  const { textStream } = ai.streamText({ model, system: SYSTEM, prompt: QUESTION, ...telemetry });
  for await (const _ of textStream);
  await ai.embed({ model: openai.embedding(EMBEDDING_MODEL), value: EMBEDDED, ...telemetry });
  await ai
    .generateText({ model: openai.chat('busy'), messages: MESSAGES.slice(1), maxRetries: 0, ...telemetry })
    .catch(() => {});
}

async function vercel6(url, name, encoding) {
  const ai = await import('ai6');
  const { createOpenAI } = await import('@ai-sdk/openai-for-ai6');
  const tracing = provider(url, name, encoding);
  const experimental_telemetry = {
    isEnabled: true,
    tracer: tracing.getTracer('ai'),
    functionId: 'capitals',
    metadata: { userId: USER, sessionId: SESSION, tier: 'free' },
  };
  await callVercel({
    ai,
    openai: createOpenAI({ baseURL: `${url}/v1`, apiKey: 'x' }),
    telemetry: { experimental_telemetry },
  });
  await flush(tracing);
}

async function vercel7(url, name, encoding) {
  const ai = await import('ai');
  const { createOpenAI } = await import('@ai-sdk/openai');
  const { OpenTelemetry } = await import('@ai-sdk/otel');
  const tracing = provider(url, name, encoding);
  ai.registerTelemetry(new OpenTelemetry({ tracer: tracing.getTracer('gen_ai'), runtimeContext: true }));
  await callVercel({
    ai,
    openai: createOpenAI({ baseURL: `${url}/v1`, apiKey: 'x' }),
    telemetry: {
      telemetry: { functionId: 'capitals', includeRuntimeContext: { userId: true, sessionId: true } },
      runtimeContext: { userId: USER, sessionId: SESSION },
    },
  });
  await flush(tracing);
}

export const FLAVOURS = {
  traceloop: {
    record: traceloop,
    encoding: 'protobuf',
    packages: ['@traceloop/instrumentation-openai', 'openai'],
  },
  'traceloop-anthropic': {
    record: traceloopAnthropic,
    encoding: 'json',
    packages: ['@traceloop/instrumentation-anthropic', '@anthropic-ai/sdk'],
  },
  openinference: {
    record: openInference,
    encoding: 'json',
    packages: ['@arizeai/openinference-instrumentation-openai', 'openai'],
  },
  'vercel-6': { record: vercel6, encoding: 'json', packages: ['ai6', '@ai-sdk/openai-for-ai6'] },
  'vercel-7': { record: vercel7, encoding: 'protobuf', packages: ['ai', '@ai-sdk/openai', '@ai-sdk/otel'] },
};
