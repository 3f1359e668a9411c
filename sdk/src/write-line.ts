import { withContent } from './content-mode.ts';
import { fitRecord } from './fit-record.ts';
import type { InferenceRecord } from './inference-record.ts';
import { COPY_NODES_MAX, type CopyBudget, type PlainObject, plainCopy } from './plain-copy.ts';
import type { Problems } from './problems.ts';
import type { EndedCall } from './recorded-call.ts';
import { isSampled } from './sampling.ts';
import type { Settings } from './settings.ts';
import { withoutContent } from './wire-fields.ts';

/** A line to send, or why there is none. */
export type Written =
  | { readonly line: string }
  | { readonly line: null; readonly reason: 'unsampled' | 'masked' | 'unfit' };

export interface WriteOptions {
  readonly settings: Settings;
  readonly problems: Problems;
}

/** Attribute of a record that stands for others which were not sent: the share that is. */
const SAMPLE_RATE = 'plumbline.sample_rate';
/** Attribute of a record whose texts were too long all together: how many bytes the line had. */
const CONTENT_BYTES = 'plumbline.content_dropped_bytes';
/** The service wants one: a call that ended before anybody knew the model's name still counts. */
const UNKNOWN_MODEL = 'unknown';

/** The line of a call: sampled, masked, within all limits. */
export function writeLine(call: EndedCall, { settings, problems }: WriteOptions): Written {
  const record = recordOf(call, settings);
  const { sampleRate, limits } = settings;
  if (sampleRate < 1 && record['status'] !== 'error') {
    const key = record['session'] ?? record['trace_id'] ?? record['id'];
    if (!isSampled(String(key), sampleRate)) return { line: null, reason: 'unsampled' };
    addAttribute(record, SAMPLE_RATE, String(sampleRate));
  }
  const masked = maskRecord(fitRecord(record, limits), { settings, problems });
  if (!masked) return { line: null, reason: 'masked' };
  const line = JSON.stringify(withContent(masked, settings.content));
  if (Buffer.byteLength(line) <= limits.recordBytesMax) return { line };
  const bare = withoutContent(masked);
  addAttribute(bare, CONTENT_BYTES, String(Buffer.byteLength(line)));
  const short = JSON.stringify(bare);
  return Buffer.byteLength(short) <= limits.recordBytesMax
    ? { line: short }
    : { line: null, reason: 'unfit' };
}

/** What the call says of itself over its context, over what is true of the whole host. */
function recordOf(call: EndedCall, { project, release, environment }: Settings): PlainObject {
  const context = contextOf(call);
  const { begin, end } = call;
  const ofHost = present({ project, release, environment });
  const record: PlainObject = Object.assign(ofHost, context, begin.fields, end.fields);
  for (const name of ['attributes', 'groups', 'scores']) {
    const joined = [context[name], begin.fields[name], end.fields[name]].filter(isFields);
    if (joined.length > 1) record[name] = Object.assign({}, ...joined) as PlainObject;
  }
  record['id'] = call.id;
  record['timestamp'] ??= new Date(call.beganAtMs).toISOString();
  record['model'] ??= UNKNOWN_MODEL;
  if (call.latencyMs !== null) record['latency_ms'] ??= tenths(call.latencyMs);
  if (call.firstTokenMs !== null) record['time_to_first_token_ms'] ??= tenths(call.firstTokenMs);
  return record;
}

function contextOf({ context }: EndedCall): PlainObject {
  if (!context) return {};
  const budget: CopyBudget = { nodes: COPY_NODES_MAX, bytes: 0 };
  const copied = plainCopy(context, budget);
  return isFields(copied) ? copied : {};
}

/** What the host's mask makes of the record, within the limits again; null if it is to be left out. Fails closed. */
function maskRecord(record: PlainObject, { settings, problems }: WriteOptions): PlainObject | null {
  const { mask, limits } = settings;
  if (!mask) return record;
  try {
    const own = plainCopy(record, { nodes: COPY_NODES_MAX, bytes: 0 }) as unknown as InferenceRecord;
    const masked = mask(own);
    if (masked === null) return null;
    const copied = plainCopy(masked, { nodes: COPY_NODES_MAX, bytes: 0 });
    // A promise has no fields, and would pass for a record without any.
    if (!isFields(copied) || copied['timestamp'] === undefined) throw new Error('it returned no record');
    const { id, timestamp, model } = record;
    const named = { ...copied, ...present({ id, timestamp }) };
    return fitRecord({ ...named, model: named['model'] ?? model ?? UNKNOWN_MODEL }, limits);
  } catch (error) {
    problems.tell('mask', 'the mask failed; texts are left out', error);
    return withoutContent(record);
  }
}

function addAttribute(record: PlainObject, name: string, value: string): void {
  const { attributes } = record;
  record['attributes'] = { [name]: value, ...(isFields(attributes) ? attributes : {}) };
}

const isFields = (value: unknown): value is PlainObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A record says tenths of a millisecond: the clock knows more than anybody asks. */
const tenths = (ms: number): number => Math.round(ms * 10) / 10;

function present(fields: Record<string, PlainObject[string] | undefined>): PlainObject {
  const kept: PlainObject = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept;
}
