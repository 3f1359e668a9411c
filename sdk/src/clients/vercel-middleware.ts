import type { Recorder } from '../recorder.ts';
import { type CallReader, type StreamReader, versionOf } from './call-reader.ts';
import { type CallWatch, watchCall } from './call-watch.ts';
import { holdUntilDropped } from './forgotten.ts';
import { askedOf, promptText } from './messages.ts';
import { providerOfVercel } from './names.ts';
import { field, isFields, safely, textOf } from './values.ts';
import { retries } from './vercel-retries.ts';
import { contentOf, reasonOf, usageOf } from './vercel-values.ts';

/** What `wrapLanguageModel` and `wrapEmbeddingModel` hand to a middleware, as far as it is used here. */
interface Step {
  readonly params: unknown;
  readonly model: unknown;
}
type Do<Result> = () => PromiseLike<Result>;

/** Fits the `middleware` of `wrapLanguageModel` and `wrapEmbeddingModel`. */
export interface VercelMiddleware {
  readonly specificationVersion: 'v3';
  wrapGenerate<Result>(step: Step & { readonly doGenerate: Do<Result> }): Promise<Result>;
  wrapStream<Result>(step: Step & { readonly doStream: Do<Result> }): Promise<Result>;
  wrapEmbed<Result>(step: Step & { readonly doEmbed: Do<Result> }): Promise<Result>;
}

/**
 * A middleware for models of Vercel's SDK 5 and 6 that records each call. What the model returns, the host gets; of a stream the
 * host gets one that is read in step with it. Attempts that the SDK makes again after a failure are one call.
 */
export function vercelMiddleware(recorder: Recorder): VercelMiddleware {
  const watch = (
    reader: CallReader,
    { params, model }: Step,
    key: 'prompt' | 'values',
  ): CallWatch | undefined =>
    safely(() => {
      const body = { ...(params as object), model: field(model, 'modelId') };
      const given = {
        body,
        provider: providerOfVercel(field(model, 'provider')),
        signal: field(params, 'abortSignal'),
      };
      return retries(field(params, key), () => watchCall(recorder, reader, given));
    });
  return {
    specificationVersion: 'v3',
    wrapGenerate: (step) => whole(step.doGenerate, watch(MODEL_READER, step, 'prompt')),
    wrapEmbed: (step) => whole(step.doEmbed, watch(EMBEDDING_READER, step, 'values')),
    wrapStream: (step) => streamed(step.doStream, watch(MODEL_READER, step, 'prompt')),
  };
}

async function whole<Result>(work: Do<Result>, watch: CallWatch | undefined): Promise<Result> {
  const result = await attempted(work, watch);
  watch?.value(result);
  return result;
}

async function streamed<Result>(work: Do<Result>, watch: CallWatch | undefined): Promise<Result> {
  const result = await attempted(work, watch);
  return safely(() => withStream(result, watch)) ?? result;
}

async function attempted<Result>(work: Do<Result>, watch: CallWatch | undefined): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    watch?.failed(error);
    throw error;
  }
}

function withStream<Result>(result: Result, watch: CallWatch | undefined): Result | undefined {
  const stream = field(result, 'stream');
  if (watch === undefined || !isFields(result) || !(stream instanceof ReadableStream)) return undefined;
  const reader = stream.getReader();
  const inStep = new ReadableStream(
    {
      async pull(controller) {
        const step = await reader.read().catch((error: unknown) => {
          watch.failed(error);
          throw error;
        });
        if (step.done) {
          watch.over(false);
          controller.close();
        } else {
          watch.event(step.value);
          controller.enqueue(step.value);
        }
      },
      cancel(reason) {
        watch.stopped();
        return reader.cancel(reason);
      },
    },
    // Nothing is asked for before the host asks.
    { highWaterMark: 0 },
  );
  watch.streaming(inStep);
  holdUntilDropped(inStep, watch);
  return { ...result, stream: inStep };
}

const MODEL_READER: CallReader = {
  request: (body) => ({ operation: 'chat', ...modelOf(body), ...askedOf(field(body, 'prompt')) }),
  response: (result, asked) => ({
    ...versionOf(field(field(result, 'response'), 'modelId'), asked),
    ...usageOf(field(result, 'usage')),
    ...reasonOf(field(result, 'finishReason')),
    ...contentOf(field(result, 'content')),
  }),
  stream: partsStream,
};

const EMBEDDING_READER: CallReader = {
  request: (body) => {
    const prompt = promptText(field(body, 'values'));
    return { operation: 'embeddings', ...modelOf(body), ...(prompt === undefined ? {} : { prompt }) };
  },
  response: (result) => usageOf(field(result, 'usage')),
};

function modelOf(body: unknown): { model?: string } {
  const model = textOf(field(body, 'model'));
  return model === undefined ? {} : { model };
}

function partsStream(): StreamReader {
  const texts: string[] = [];
  const calls: unknown[] = [];
  let model: unknown;
  let finish: unknown;
  let error: unknown;
  let hasContent = false;
  return {
    get hasContent() {
      return hasContent;
    },
    get isComplete() {
      return finish !== undefined;
    },
    get failure() {
      return error;
    },
    read(part) {
      const type = field(part, 'type');
      if (type === 'text-delta') texts.push(String(field(part, 'delta') ?? ''));
      else if (type === 'tool-call') calls.push(part);
      else if (type === 'response-metadata') model = field(part, 'modelId') ?? model;
      else if (type === 'finish') finish = part;
      else if (type === 'error') error = field(part, 'error') ?? part;
      hasContent ||= texts.length > 0 || type === 'tool-input-start' || type === 'tool-call';
    },
    record(asked) {
      const content = [...texts.map((text) => ({ type: 'text', text })), ...calls];
      return {
        ...versionOf(model, asked),
        ...usageOf(field(finish, 'usage')),
        ...reasonOf(field(finish, 'finishReason')),
        ...(content.length > 0 || finish !== undefined ? contentOf(content) : {}),
      };
    },
  };
}
