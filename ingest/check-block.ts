import { isUtf8 } from 'node:buffer';
import type { Inference } from '../core/inference.ts';
import {
  type Checked,
  checkInference,
  checkScore,
  TIMESTAMP_MIN_MS,
  type TimestampBounds,
} from '../core/inference-check.ts';
import type { Fault } from '../core/record-fault.ts';
import type { Score } from '../core/score.ts';
import { type BlockParts, type CheckedBlock, createBlock } from './block.ts';
import { type BlockBuilder, createBlockBuilder } from './block-builder.ts';
import { asciiJson, signalsJson } from './computed-json.ts';
import { contentId, redactedContentId } from './content-id.ts';
import { nestingDepth, type RecordSpans, recordSpans } from './decode.ts';
import { isDeeperThan } from './depth.ts';
import { checkContent } from './otlp/check-content.ts';
import { ANY_PROJECT, type ProjectRule, projectFault } from './project-rule.ts';
import { isPlainSpelling } from './raw-spelling.ts';
import type { RedactionSetup } from './redact/policy.ts';
import { createRedactor, type Redactor } from './redact/redactor.ts';
import { wellFormed } from './well-formed.ts';

/** A content is what a log event tells of a call whose span travels apart. */
export type RecordKind = 'inference' | 'score' | 'content';

export interface CheckOptions {
  /** Longer records are refused one by one. */
  readonly recordBytesMax: number;
  /** More records in one body are refused together. */
  readonly rowsMax: number;
  /** Refusals described; the rest is counted. */
  readonly rejectionsMax: number;
  /** A timestamp may be this far ahead of the clock. */
  readonly timestampAheadMaxMs: number;
  /** For the store a line gets its time of arrival, size and signals; for the log it stays a record, to be checked again. */
  readonly destination: 'store' | 'log';
  /** What is taken out of the texts before anything else is done with them; null: nothing. */
  readonly redaction: RedactionSetup | null;
}

/** A record that was refused; its neighbours were not. */
export interface Rejection extends Fault {
  /** Place among the records of the body, from 0; blank lines do not count. */
  readonly index: number;
}

/** What became of a body, as plain data that can change threads. */
export interface CheckedParts {
  readonly parts: BlockParts & { readonly offsets: Uint32Array; readonly timestampsMs: Float64Array };
  /** Place in the body of each accepted row. */
  readonly indexes: Uint32Array;
  /** The first of those refused. */
  readonly rejections: readonly Rejection[];
  readonly rejectedCount: number;
}

export type CheckResult = Omit<CheckedParts, 'parts'> & { readonly block: CheckedBlock };

/** The computed columns of an inference; null where one cannot be measured. */
export type ComputeSignals = (inference: Inference) => Readonly<Record<string, number | string | null>>;

export interface CheckJob {
  readonly kind: RecordKind;
  readonly now: Date;
  /** `default`, and any other, if absent. */
  readonly project?: ProjectRule | undefined;
}

/** Messages and tool calls may nest; deeper than this is an attack on whoever walks through them. */
const DEPTH_MAX = 64;
/** Below this a record cannot nest so deep that parsing it takes long. */
const DEPTH_CHECK_BYTES = 4096;

const TOO_DEEP = wholeFault(`expected at most ${DEPTH_MAX} levels of nesting, got more`);

const NOT_REDACTED = wholeFault(
  'could not be redacted, so it is not kept: a text in it is hostile, or a pattern of REDACTION_FILE takes too long on it',
);

/** A check with its options and signals filled in: body and job to what became of its records. */
export type CheckBody = (body: Uint8Array, job: CheckJob) => CheckedParts;

/**
 * Makes the check of bodies. A good line goes on as it came, with id, project, time of arrival, size and signals
 * appended; one that the store would read in another way is written anew. Linear in the body.
 *
 * The function throws AppError `too_large` above `rowsMax` records.
 */
export function createCheck(options: CheckOptions, computeSignals: ComputeSignals): CheckBody {
  const { redaction } = options;
  const redactor = redaction && createRedactor(redaction, () => performance.now());
  return (body, { kind, now, project = ANY_PROJECT }) => {
    const spans = recordSpans(body, options.rowsMax);
    const rows = spans.starts.length;
    const run: Run = {
      body,
      spans,
      kind,
      project,
      options,
      redactor,
      computeSignals,
      bounds: boundsAt(now, options),
      received: options.destination === 'log' ? '' : `,"received_at":"${now.toISOString()}"`,
      nowMs: now.getTime(),
      isUtf8: isUtf8(body),
      mayHaveSurrogates: hasSurrogateEscape(body),
      builder: createBlockBuilder({ rows, bytes: body.length }),
    };
    return checkAll(run, options.rejectionsMax);
  };
}

/** Puts the parts together after they have changed threads. */
export function toCheckResult({ parts, ...rest }: CheckedParts): CheckResult {
  return { ...rest, block: createBlock(parts) };
}

interface Run {
  readonly body: Uint8Array;
  readonly spans: RecordSpans;
  readonly kind: RecordKind;
  readonly project: ProjectRule;
  readonly options: CheckOptions;
  readonly redactor: Redactor | null;
  readonly computeSignals: ComputeSignals;
  readonly bounds: TimestampBounds;
  readonly received: string;
  readonly nowMs: number;
  readonly isUtf8: boolean;
  readonly mayHaveSurrogates: boolean;
  readonly builder: BlockBuilder;
}

function boundsAt(now: Date, { timestampAheadMaxMs }: CheckOptions): TimestampBounds {
  return { minMs: TIMESTAMP_MIN_MS, maxMs: now.getTime() + timestampAheadMaxMs };
}

function checkAll(run: Run, rejectionsMax: number): CheckedParts {
  const { starts, ends, tail } = run.spans;
  const indexes = new Uint32Array(starts.length);
  const rejections: Rejection[] = [];
  let [accepted, rejectedCount] = [0, 0];
  const reject = (index: number, { field, reason }: Fault): void => {
    rejectedCount++;
    if (rejections.length < rejectionsMax) rejections.push({ index, field, reason });
  };
  for (let index = 0; index < starts.length; index++) {
    const fault = checkOne(run, run.body.subarray(starts[index], ends[index]));
    if (fault === null) indexes[accepted++] = index;
    else reject(index, fault);
  }
  if (tail) reject(starts.length, tail);
  return { parts: run.builder.finish(), indexes: indexes.slice(0, accepted), rejections, rejectedCount };
}

/** Adds the record to the block, or says why not. */
function checkOne(run: Run, record: Uint8Array): Fault | null {
  const unreadable = readFault(run, record);
  if (unreadable) return unreadable;
  const text = textOf(record);
  const parsed = parse(text);
  if (!parsed.ok) return parsed.fault;
  if (run.kind === 'inference') return addInference(run, { record, text, value: parsed.value });
  return run.kind === 'score' ? addScore(run, parsed.value) : addContent(run, parsed.value);
}

function readFault(run: Run, record: Uint8Array): Fault | null {
  const { recordBytesMax } = run.options;
  if (record.length > recordBytesMax) {
    return wholeFault(`expected a record of at most ${recordBytesMax} bytes, got ${record.length}`);
  }
  if (!run.isUtf8 && !isUtf8(record)) return wholeFault('expected UTF-8, got other bytes');
  if (record.length > DEPTH_CHECK_BYTES && nestingDepth(record, DEPTH_MAX) > DEPTH_MAX) {
    return TOO_DEEP;
  }
  return null;
}

function parse(text: string): { ok: true; value: unknown } | { ok: false; fault: Fault } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    // The engine's message may hold a piece of the text; only the place is taken from it.
    const place = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const where = place === undefined ? '' : ` at character ${place}`;
    return { ok: false, fault: wholeFault(`expected JSON, got something else${where}`) };
  }
}

interface Line {
  readonly record: Uint8Array;
  readonly text: string;
  readonly value: unknown;
}

function addInference(run: Run, { record, text, value }: Line): Fault | null {
  const checked = checkInference(value, run.bounds);
  if (!checked.ok) return checked.fault;
  const foreign = projectFault(run.project, checked.record.project);
  if (foreign) return foreign;
  const { messages, tool_calls: toolCalls } = checked.record;
  // The record itself is the first level.
  if (isDeeperThan(messages, DEPTH_MAX - 1) || isDeeperThan(toolCalls, DEPTH_MAX - 1)) return TOO_DEEP;
  const original = run.mayHaveSurrogates ? (wellFormed(checked.record) as Inference) : checked.record;
  const project = original.project ?? run.project.default;
  const inference = redacted(original, (record) => run.redactor?.inference(record, project));
  if (inference === null) return NOT_REDACTED;
  const isAsSent = checked.isAsSent && inference === checked.record && isPlainSpelling(text, inference);
  const { timestampMs } = checked;
  const id = inference.id ?? idOf(run, { original, inference, project }, timestampMs);
  let rest = inference.id === undefined ? `,"id":"${id}"` : '';
  if (inference.project === undefined) rest += `,"project":${asciiJson(project)}`;
  if (run.options.destination === 'store')
    rest += `${run.received},"bytes":${record.length}${signalsJson(run.computeSignals(inference))}`;
  rest += '}';
  const place = { id, project, timestampMs };
  if (isAsSent) run.builder.addRaw({ record, rest }, place);
  else run.builder.addText(JSON.stringify(inference).slice(0, -1) + rest, place);
  return null;
}

/** The record as it may be kept. Null where that failed: it must not be kept then, nor must the error, which may hold text. */
function redacted<T>(record: T, redact: (record: T) => T | undefined): T | null {
  try {
    return redact(record) ?? record;
  } catch {
    return null;
  }
}

/** Made after redaction, so that the log carries it. */
function idOf(
  { options }: Run,
  { original, inference, project }: { original: Inference; inference: Inference; project: string },
  timestampMs: number,
): string {
  const record = { ...inference, project };
  if (inference === original || options.redaction === null) return contentId(record, timestampMs);
  const { key } = options.redaction;
  return redactedContentId({ record, original: { ...original, project }, key }, timestampMs);
}

/** Scores are few and short: each is written anew. */
function addScore(run: Run, value: unknown): Fault | null {
  const checked: Checked<Score> = checkScore(value, run.bounds);
  if (!checked.ok) return checked.fault;
  const foreign = projectFault(run.project, checked.record.project);
  if (foreign) return foreign;
  const original = run.mayHaveSurrogates ? (wellFormed(checked.record) as Score) : checked.record;
  const timestampMs = Number.isNaN(checked.timestampMs) ? run.nowMs : checked.timestampMs;
  const { project = run.project.default, timestamp = new Date(timestampMs).toISOString() } = original;
  const score = redacted(original, (record) => run.redactor?.score(record, project));
  if (score === null) return NOT_REDACTED;
  const line = JSON.stringify({ ...score, project, timestamp }).slice(0, -1);
  run.builder.addText(`${line}${run.received}}`, { id: score.inference_id, project, timestampMs });
  return null;
}

/** The same as of scores. What it tells is a part of a record, and redacted like one. */
function addContent(run: Run, value: unknown): Fault | null {
  const checked = checkContent(value);
  if (!checked.ok) return checked.fault;
  const { content, piece, timestampMs } = checked;
  const { project = run.project.default } = content;
  const foreign = projectFault(run.project, content.project);
  if (foreign) return foreign;
  const kept = redacted(piece, (part) => run.redactor?.inference(part, project));
  if (kept === null) return NOT_REDACTED;
  const line = JSON.stringify({ ...content, project, piece: JSON.stringify(kept) }).slice(0, -1);
  run.builder.addText(`${line}${run.received}}`, { id: content.id, project, timestampMs });
  return null;
}

function wholeFault(reason: string): Fault {
  return { field: '', reason };
}

function textOf(record: Uint8Array): string {
  return Buffer.from(record.buffer, record.byteOffset, record.byteLength).toString('utf8');
}

function hasSurrogateEscape(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return bytes.includes('\\ud') || bytes.includes('\\uD');
}
