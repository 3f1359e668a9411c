import type { InferenceRecord } from '../inference-record.ts';
import type { OpenCall, Recorder } from '../recorder.ts';
import { versionOf } from './call-reader.ts';
import { CANCELLED, outcomeOf } from './errors.ts';
import { askedOf, promptText } from './messages.ts';
import { providerOfVercel } from './names.ts';
import { field, present, safely, textOf } from './values.ts';
import { contentOf, reasonOf, usageOf } from './vercel-values.ts';

type Event = unknown;

/** Fits `registerTelemetry` of Vercel's SDK 7, and the `integrations` of one call. */
export interface VercelTelemetry {
  onLanguageModelCallStart(event: Event): void;
  onLanguageModelCallEnd(event: Event): void;
  onObjectStepStart(event: Event): void;
  onObjectStepEnd(event: Event): void;
  onEmbedStart(event: Event): void;
  onEmbedEnd(event: Event): void;
  onEnd(event: Event): void;
  onAbort(event: Event): void;
  onError(event: Event): void;
}

/** Calls of one operation that are open at once: an operation that never says how it ended must not hold ours for ever. */
const OPEN_MAX = 10_000;
const KEY_TEXT_LENGTH = 200;

interface Open {
  readonly call: OpenCall;
  readonly asked: string | undefined;
  /** The operation that it belongs to: all that an error names. */
  readonly operation: unknown;
}

/**
 * Records the calls of models that Vercel's SDK 7 tells of. An attempt that is made again begins anew without an end
 * before it: both are the same call. What the host keeps from telemetry (`recordInputs: false`) does not come here either.
 */
export function vercelTelemetry(recorder: Recorder): VercelTelemetry {
  const open = new Map<string, Open>();

  const begin = (event: Event, key: string, request: () => Partial<InferenceRecord>): void => {
    if (open.has(key)) return;
    let asked: string | undefined;
    const call = recorder.begin(() => {
      const fields = { ...request(), ...modelOf(event) };
      asked = fields.model;
      return fields;
    });
    const oldest = open.size >= OPEN_MAX ? open.keys().next().value : undefined;
    if (oldest !== undefined) open.delete(oldest);
    open.set(key, { call, asked, operation: field(event, 'callId') });
  };
  const end = (key: string, answer: (asked: string | undefined) => Partial<InferenceRecord>): void => {
    const found = open.get(key);
    open.delete(key);
    found?.call.end(() => answer(found.asked));
  };
  const endAll = (event: Event, outcome: () => Partial<InferenceRecord>): void => {
    const operation = field(event, 'callId');
    for (const [key, { operation: own }] of open) if (own === operation) end(key, outcome);
  };
  const heard =
    (hear: (event: Event) => void) =>
    (event: Event): void =>
      void safely(() => hear(event));

  return {
    onLanguageModelCallStart: heard((event) =>
      begin(event, keyOf(event), () => chatOf(field(event, 'messages'), field(event, 'instructions'))),
    ),
    onLanguageModelCallEnd: heard((event) => end(keyOf(event), (asked) => answerOf(event, asked))),
    onObjectStepStart: heard((event) =>
      begin(event, keyOf(event), () => chatOf(field(event, 'promptMessages'))),
    ),
    onObjectStepEnd: heard((event) => end(keyOf(event), (asked) => objectOf(event, asked))),
    onEmbedStart: heard((event) => begin(event, embedKeyOf(event), () => embeddingOf(event))),
    onEmbedEnd: heard((event) => end(embedKeyOf(event), () => usageOf(field(event, 'usage')))),
    onEnd: heard((event) => endAll(event, () => ({}))),
    onAbort: heard((event) => endAll(event, () => abortOf(event))),
    onError: heard((event) => endAll(event, () => outcomeOf(field(event, 'error')))),
  };
}

const keyOf = (event: Event): string => String(field(event, 'callId'));

/** A call for many texts makes several calls at once: they differ in their texts. */
function embedKeyOf(event: Event): string {
  const values = field(event, 'values');
  const [first, count] = Array.isArray(values) ? [values[0], values.length] : [undefined, 0];
  return `${keyOf(event)} ${count} ${String(first).slice(0, KEY_TEXT_LENGTH)}`;
}

function modelOf(event: Event): Partial<InferenceRecord> {
  return present<Partial<InferenceRecord>>({
    provider: providerOfVercel(field(event, 'provider')),
    model: textOf(field(event, 'modelId')),
    prompt_name: textOf(field(event, 'functionId')),
  });
}

function chatOf(messages: unknown, instructions?: unknown): Partial<InferenceRecord> {
  return { operation: 'chat', ...askedOf(messages, instructions) };
}

function embeddingOf(event: Event): Partial<InferenceRecord> {
  return { operation: 'embeddings', ...present({ prompt: promptText(field(event, 'values')) }) };
}

function answerOf(event: Event, asked: string | undefined): Partial<InferenceRecord> {
  const { responseTimeMs, timeToFirstOutputMs } = (field(event, 'performance') ?? {}) as Record<
    string,
    unknown
  >;
  return {
    ...versionOf(field(event, 'modelId'), asked),
    ...usageOf(field(event, 'usage')),
    ...reasonOf(field(event, 'finishReason')),
    // Absent, and not empty, where the host keeps the answer from telemetry.
    ...(field(event, 'recordOutputs') === false ? {} : contentOf(field(event, 'content'))),
    ...present<Partial<InferenceRecord>>({
      latency_ms: durationOf(responseTimeMs),
      time_to_first_token_ms: durationOf(timeToFirstOutputMs),
    }),
  };
}

function objectOf(event: Event, asked: string | undefined): Partial<InferenceRecord> {
  return {
    ...versionOf(field(field(event, 'response'), 'modelId'), asked),
    ...usageOf(field(event, 'usage')),
    ...reasonOf(field(event, 'finishReason')),
    ...present<Partial<InferenceRecord>>({
      response: textOf(field(event, 'objectText')),
      time_to_first_token_ms: durationOf(field(event, 'msToFirstChunk')),
    }),
  };
}

function abortOf(event: Event): Partial<InferenceRecord> {
  const reason = field(event, 'reason');
  return field(reason, 'name') === 'TimeoutError' ? outcomeOf(reason) : CANCELLED;
}

const durationOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined;
