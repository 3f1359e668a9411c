import type { Inference } from './inference.ts';
import { INFERENCE_SCHEMA } from './inference-schema.ts';
import { compileCheck, type RecordCheck } from './record-check.ts';
import { type Fault, faultOf, TIMESTAMP_WORDS, typeName } from './record-fault.ts';
import { normalise } from './record-normalise.ts';
import type { RecordSchema } from './record-schema.ts';
import { SCORE_SCHEMA, type Score } from './score.ts';
import { isPlainTimestamp, parseTimestamp } from './timestamp.ts';

/** Which timestamps are believable: [minMs, maxMs], milliseconds since 1970. */
export interface TimestampBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/** A parsed value against its schema. */
export type Checked<T> =
  | {
      readonly ok: true;
      readonly record: T;
      readonly timestampMs: number;
      /** False if nulls, numbers in attributes or an unusual timestamp made it differ from what was sent. */
      readonly isAsSent: boolean;
    }
  | { readonly ok: false; readonly fault: Fault };

/** Nothing of ours, and no clock that was set, is older. */
export const TIMESTAMP_MIN_MS = Date.UTC(2000, 0, 1);

const checkFits = compileCheck(INFERENCE_SCHEMA);
const scoreFits = compileCheck(SCORE_SCHEMA);

/** Checks what JSON.parse gave. Does not modify it. */
export function checkInference(value: unknown, bounds: TimestampBounds): Checked<Inference> {
  return checkRecord(value, { schema: INFERENCE_SCHEMA, check: checkFits, bounds });
}

/** The same of a score. `timestampMs` is NaN where none was sent. */
export function checkScore(value: unknown, bounds: TimestampBounds): Checked<Score> {
  return checkRecord(value, { schema: SCORE_SCHEMA, check: scoreFits, bounds });
}

interface Rules<T> {
  readonly schema: RecordSchema<T>;
  readonly check: RecordCheck;
  readonly bounds: TimestampBounds;
}

function checkRecord<T extends { timestamp?: string }>(value: unknown, rules: Rules<T>): Checked<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failed('', `expected a JSON object, got ${typeName(value)}`);
  }
  const isAsSent = rules.check.fits(value);
  const record = isAsSent ? value : normalise(rules.schema, value);
  if (!isAsSent && !rules.check.fits(record)) return { ok: false, fault: faultOrBug(rules.schema, record) };
  return withTimestamp(record as T, isAsSent, rules.bounds);
}

function withTimestamp<T extends { timestamp?: string }>(
  record: T,
  isAsSent: boolean,
  { minMs, maxMs }: TimestampBounds,
): Checked<T> {
  const { timestamp } = record;
  if (timestamp === undefined) return { ok: true, record, timestampMs: Number.NaN, isAsSent };
  const timestampMs = parseTimestamp(timestamp);
  if (Number.isNaN(timestampMs))
    return failed('timestamp', `expected ${TIMESTAMP_WORDS}, got another string`);
  if (timestampMs < minMs || timestampMs > maxMs) {
    const range = `from ${new Date(minMs).toISOString()} to ${new Date(maxMs).toISOString()}`;
    const got = timestampMs < minMs ? 'an earlier one' : 'a later one; is a clock wrong?';
    return failed('timestamp', `expected an instant ${range}, got ${got}`);
  }
  if (isPlainTimestamp(timestamp)) return { ok: true, record, timestampMs, isAsSent };
  const respelt = { ...record, timestamp: new Date(timestampMs).toISOString() };
  return { ok: true, record: respelt, timestampMs, isAsSent: false };
}

function faultOrBug<T>(schema: RecordSchema<T>, record: object): Fault {
  const fault = faultOf(schema, record);
  if (fault) return fault;
  throw new Error('a record does not fit its schema, and nothing in it is at fault');
}

function failed(field: string, reason: string): { ok: false; fault: Fault } {
  return { ok: false, fault: { field, reason } };
}
