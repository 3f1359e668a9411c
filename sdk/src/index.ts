import type { ObserveOptions } from './clients/observe.ts';
import { vercelMiddleware as middlewareOf, type VercelMiddleware } from './clients/vercel-middleware.ts';
import { vercelTelemetry as telemetryOf, type VercelTelemetry } from './clients/vercel-telemetry.ts';
import { defaultPlumbline } from './default-plumbline.ts';
import type { CallDescription } from './observe-call.ts';
import type { Plumbline } from './plumbline.ts';
import type { OpenCall, Recorder } from './recorder.ts';

export { type CallContext, withContext } from './call-context.ts';
export type { ObserveOptions } from './clients/observe.ts';
export type { VercelMiddleware } from './clients/vercel-middleware.ts';
export type { VercelTelemetry } from './clients/vercel-telemetry.ts';
export { createPlumbline } from './create-plumbline.ts';
export type { InferenceRecord, Message } from './inference-record.ts';
export type { CallDescription } from './observe-call.ts';
export type { Plumbline, RecordingStats } from './plumbline.ts';
export type { Problem, ProblemCode } from './problems.ts';
export type { OpenCall, Recorder } from './recorder.ts';
export type { ScoreDetails } from './score-line.ts';
export type { ContentMode, Limits, PlumblineOptions } from './settings.ts';
export type { DropReason } from './tally.ts';

interface Observe {
  /** Records the calls of this client from now on, with the settings of the environment; returns the same client. */
  <T>(client: T, options?: ObserveOptions): T;
  /** Records what `fn` does as one call, and returns what it returns. */
  call<T>(fn: (call: Pick<OpenCall, 'id' | 'firstToken'>) => T, describe: CallDescription<T>): T;
}

// The same as the methods of a Plumbline, for the one that the environment describes.

export const observe: Observe = Object.assign(
  <T>(client: T, options?: ObserveOptions): T => defaultPlumbline().observe(client, options),
  {
    call: <T>(fn: (call: Pick<OpenCall, 'id' | 'firstToken'>) => T, describe: CallDescription<T>): T =>
      defaultPlumbline().observeCall(fn, describe),
  },
);
export const track: Plumbline['track'] = (record) => defaultPlumbline().track(record);
export const score: Plumbline['score'] = (id, scores, details) =>
  defaultPlumbline().score(id, scores, details);
export const idOf: Plumbline['idOf'] = (result) => defaultPlumbline().idOf(result);
export const flush: Plumbline['flush'] = (timeoutMs) => defaultPlumbline().flush(timeoutMs);
export const shutdown: Plumbline['shutdown'] = (timeoutMs) => defaultPlumbline().shutdown(timeoutMs);

/** For `wrapLanguageModel` and `wrapEmbeddingModel` of Vercel's SDK 6. */
export const vercelMiddleware = (recorder: Recorder = defaultPlumbline()): VercelMiddleware =>
  middlewareOf(recorder);
/** For `registerTelemetry` of Vercel's SDK 7. */
export const vercelTelemetry = (recorder: Recorder = defaultPlumbline()): VercelTelemetry =>
  telemetryOf(recorder);
