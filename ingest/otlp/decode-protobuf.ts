import { bytesId } from './ids.ts';
import { frames } from './protobuf-frames.ts';
import {
  type PlainLong,
  type PlainPair,
  type PlainValue,
  readLogRecord,
  readResource,
  readScope,
  readSpan,
} from './protobuf-types.ts';
import type { Attributes, Decoded, LogRecord, Origin, Span, Value } from './telemetry.ts';

const STATUS_ERROR = 2;

/** Spans of an ExportTraceServiceRequest. @throws an Error where the request itself is broken or cut off */
export function protobufSpans(request: Uint8Array, itemBytesMax: number): Generator<Decoded<Span>> {
  return decodeItems(request, { itemBytesMax, read: spanOf });
}

/** Log records of an ExportLogsServiceRequest. @throws an Error where the request itself is broken or cut off */
export function protobufLogRecords(request: Uint8Array, itemBytesMax: number): Generator<Decoded<LogRecord>> {
  return decodeItems(request, { itemBytesMax, read: logRecordOf });
}

function* decodeItems<Item>(
  request: Uint8Array,
  { itemBytesMax, read }: { itemBytesMax: number; read: (bytes: Uint8Array) => Item },
): Generator<Decoded<Item>> {
  // A Buffer's strings are read by Node itself.
  const bytes = Buffer.from(request.buffer, request.byteOffset, request.byteLength);
  const originOf = originReader();
  for (const { resource, scope, item } of frames(bytes)) {
    const size = item.length + (resource?.length ?? 0) + (scope?.length ?? 0);
    if (size > itemBytesMax) {
      yield { ok: false, reason: `expected at most ${itemBytesMax} bytes, got ${size}` };
      continue;
    }
    try {
      yield { ok: true, item: read(item), origin: originOf(resource, scope) };
    } catch (error) {
      // What is thrown here is protobufjs's: an Error or a RangeError about the bytes.
      yield { ok: false, reason: `cannot be decoded: ${error instanceof Error ? error.message : 'broken'}` };
    }
  }
}

/** Reads resource and scope once for all that follow with the same bytes. */
function originReader(): (resource: Uint8Array | null, scope: Uint8Array | null) => Origin {
  let last: { resource: Uint8Array | null; scope: Uint8Array | null; origin: Origin } | null = null;
  return (resource, scope) => {
    if (last !== null && last.resource === resource && last.scope === scope) return last.origin;
    const { name = '', version = '' } = scope ? readScope(scope) : {};
    const attributes =
      last !== null && last.resource === resource
        ? last.origin.resource
        : attributesOf(resource ? readResource(resource).attributes : []);
    const origin = { resource: attributes, scopeName: name, scopeVersion: version };
    last = { resource, scope, origin };
    return origin;
  };
}

function spanOf(bytes: Uint8Array): Span {
  const span = readSpan(bytes);
  return {
    traceId: bytesId(span.traceId, 16),
    spanId: bytesId(span.spanId, 8),
    parentSpanId: bytesId(span.parentSpanId, 8),
    name: span.name,
    startNano: bigintOf(span.startNano),
    endNano: bigintOf(span.endNano),
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ name, nano, attributes }) => ({
      name,
      nano: bigintOf(nano),
      attributes: attributesOf(attributes),
    })),
    hasError: span.status?.code === STATUS_ERROR,
  };
}

function logRecordOf(bytes: Uint8Array): LogRecord {
  const record = readLogRecord(bytes);
  const nano = bigintOf(record.nano);
  return {
    traceId: bytesId(record.traceId, 16),
    spanId: bytesId(record.spanId, 8),
    eventName: record.eventName,
    nano: nano === 0n ? bigintOf(record.observedNano) : nano,
    body: toValue(record.body),
    attributes: attributesOf(record.attributes),
  };
}

function attributesOf(pairs: readonly PlainPair[]): Attributes {
  const attributes = new Map<string, Value>();
  for (const { key, value } of pairs) attributes.set(key, toValue(value));
  return attributes;
}

/** Nesting is bounded by protobufjs, which read it. */
function toValue(value: PlainValue | null): Value {
  switch (value?.kind) {
    case 'string':
      return value.string;
    case 'bool':
      return value.bool;
    case 'int':
      return wholeNumber(value.int);
    case 'double':
      return value.double;
    case 'array':
      return value.array.values.map(toValue);
    case 'list':
      return Object.fromEntries(value.list.values.map(({ key, value: item }) => [key, toValue(item)]));
    case 'bytes':
      return Buffer.from(value.bytes).toString('base64');
    default:
      return null;
  }
}

/** Of the upper half of a number that a double holds exactly. */
const HIGH_MAX = 2 ** 21;

function wholeNumber({ low, high }: PlainLong): number | string {
  const isExact = high >= -HIGH_MAX && high < HIGH_MAX;
  if (isExact) return high * 2 ** 32 + (low >>> 0);
  return ((BigInt(high) << 32n) | BigInt(low >>> 0)).toString();
}

function bigintOf({ low, high }: PlainLong): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
