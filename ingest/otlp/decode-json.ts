import { AppError } from '../../core/errors.ts';
import { jsonId } from './ids.ts';
import { jsonShape } from './json-shape.ts';
import type { Attributes, Decoded, LogRecord, Origin, Span, SpanEvent, Value } from './telemetry.ts';

/** A parsed object whose fields may be anything. */
type Loose = Readonly<Record<string, unknown>>;

/** Levels of brackets in a request: deeper is an attack on whoever walks through them. */
const DEPTH_MAX = 200;
/** Objects and lists in a request: 64 MiB of ordinary spans have 3 million; memory for more is not there. */
const CONTAINERS_MAX = 4_000_000;
const STATUS_ERROR = 2;
const EMPTY: Loose = {};

/**
 * Spans of a request in OTLP/JSON. Unknown fields are left aside, and nothing is read through a prototype.
 *
 * @throws AppError `invalid_input` when it is not JSON, or not a request
 */
export function jsonSpans(request: Uint8Array): Generator<Decoded<Span>> {
  return decodeItems(request, { outer: 'resourceSpans', inner: 'scopeSpans', list: 'spans', read: spanOf });
}

/** Log records of a request in OTLP/JSON. @throws AppError `invalid_input` when it is not JSON, or not a request */
export function jsonLogRecords(request: Uint8Array): Generator<Decoded<LogRecord>> {
  return decodeItems(request, {
    outer: 'resourceLogs',
    inner: 'scopeLogs',
    list: 'logRecords',
    read: logRecordOf,
  });
}

interface Layout<Item> {
  readonly outer: string;
  readonly inner: string;
  readonly list: string;
  readonly read: (item: Loose) => Item;
}

function* decodeItems<Item>(
  request: Uint8Array,
  { outer, inner, list, read }: Layout<Item>,
): Generator<Decoded<Item>> {
  const body = parse(request);
  for (const ofResource of objects(body, outer)) {
    const resource = attributesOf(objectAt(ofResource, 'resource'));
    for (const ofScope of objects(ofResource, inner)) {
      const scope = objectAt(ofScope, 'scope');
      const origin: Origin = {
        resource,
        scopeName: textAt(scope, 'name'),
        scopeVersion: textAt(scope, 'version'),
      };
      for (const item of listAt(ofScope, list)) {
        yield isObject(item)
          ? { ok: true, item: read(item), origin }
          : { ok: false, reason: `expected an object in ${list}, got something else` };
      }
    }
  }
}

function parse(request: Uint8Array): Loose {
  const { depth, containers } = jsonShape(request, { depth: DEPTH_MAX, containers: CONTAINERS_MAX });
  if (depth > DEPTH_MAX) throw notJson(`at most ${DEPTH_MAX} levels of nesting, got more`);
  if (containers > CONTAINERS_MAX) throw notJson(`at most ${CONTAINERS_MAX} objects and lists, got more`);
  const text = Buffer.from(request.buffer, request.byteOffset, request.byteLength).toString('utf8').trim();
  if (text === '') return EMPTY;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // The engine's message may hold a piece of the text.
    throw notJson('JSON, got something else');
  }
  if (!isObject(body)) throw notJson('an object, got something else');
  return body;
}

function notJson(expected: string): AppError {
  return new AppError('invalid_input', `the body cannot be decoded: expected ${expected}`);
}

function* objects(parent: Loose, name: string): Generator<Loose> {
  for (const item of listAt(parent, name)) {
    if (!isObject(item)) throw notJson(`objects in ${name}, got something else`);
    yield item;
  }
}

function spanOf(span: Loose): Span {
  return {
    traceId: jsonId(textAt(span, 'traceId'), 16),
    spanId: jsonId(textAt(span, 'spanId'), 8),
    parentSpanId: jsonId(textAt(span, 'parentSpanId'), 8),
    name: textAt(span, 'name'),
    startNano: nanoAt(span, 'startTimeUnixNano'),
    endNano: nanoAt(span, 'endTimeUnixNano'),
    attributes: attributesOf(span),
    events: listAt(span, 'events').filter(isObject).map(eventOf),
    hasError: Number(objectAt(span, 'status')['code']) === STATUS_ERROR,
  };
}

function eventOf(event: Loose): SpanEvent {
  return {
    name: textAt(event, 'name'),
    nano: nanoAt(event, 'timeUnixNano'),
    attributes: attributesOf(event),
  };
}

function logRecordOf(record: Loose): LogRecord {
  const nano = nanoAt(record, 'timeUnixNano');
  return {
    traceId: jsonId(textAt(record, 'traceId'), 16),
    spanId: jsonId(textAt(record, 'spanId'), 8),
    eventName: textAt(record, 'eventName'),
    nano: nano === 0n ? nanoAt(record, 'observedTimeUnixNano') : nano,
    body: toValue(objectAt(record, 'body')),
    attributes: attributesOf(record),
  };
}

function attributesOf(parent: Loose): Attributes {
  const attributes = new Map<string, Value>();
  for (const pair of listAt(parent, 'attributes')) {
    if (isObject(pair)) attributes.set(textAt(pair, 'key'), toValue(objectAt(pair, 'value')));
  }
  return attributes;
}

function toValue(value: Loose): Value {
  if ('stringValue' in value) return textAt(value, 'stringValue');
  if ('intValue' in value) return wholeNumber(value['intValue']);
  if ('boolValue' in value) return value['boolValue'] === true;
  if ('doubleValue' in value) return Number(value['doubleValue']);
  if ('arrayValue' in value) return itemsOf(value, 'arrayValue').map(toValue);
  if ('kvlistValue' in value) {
    const pairs = itemsOf(value, 'kvlistValue');
    return Object.fromEntries(pairs.map((pair) => [textAt(pair, 'key'), toValue(objectAt(pair, 'value'))]));
  }
  return 'bytesValue' in value ? textAt(value, 'bytesValue') : null;
}

function itemsOf(value: Loose, name: string): readonly Loose[] {
  return listAt(objectAt(value, name), 'values').filter(isObject);
}

/** A whole number comes as a number or as digits. */
function wholeNumber(value: unknown): number | string | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value)) return null;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function nanoAt(parent: Loose, name: string): bigint {
  const value = parent[name];
  // As a number it has lost its last digits already: good to a quarter of a microsecond.
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? BigInt(Math.trunc(value)) : 0n;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : 0n;
}

function textAt(parent: Loose, name: string): string {
  const value = parent[name];
  return typeof value === 'string' ? value : '';
}

function objectAt(parent: Loose, name: string): Loose {
  const value = parent[name];
  return isObject(value) ? value : EMPTY;
}

function listAt(parent: Loose, name: string): readonly unknown[] {
  const value = parent[name];
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
