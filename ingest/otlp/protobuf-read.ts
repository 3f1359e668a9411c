import protobuf from 'protobufjs';
import { bytesId } from './ids.ts';
import type { Attributes, LogRecord, Span, SpanEvent, Value } from './telemetry.ts';

/** Levels of values in values; more than any message has, fewer than fill the stack. */
const DEPTH_MAX = 64;
const STATUS_ERROR = 2;

const [VARINT, FIXED_64, BYTES] = [0, 1, 2];
/** What stands before a field on the wire: its number, which can never change, and its type. */
const tag = (id: number, type: number): number => (id << 3) | type;

/** Numbers of the fields that we read, from opentelemetry-proto (common, trace, logs). All others are skipped. */
const VALUE = {
  text: tag(1, BYTES),
  flag: tag(2, VARINT),
  whole: tag(3, VARINT),
  fraction: tag(4, FIXED_64),
  list: tag(5, BYTES),
  map: tag(6, BYTES),
  bytes: tag(7, BYTES),
};
/** Of a list of values, and of a list of pairs. */
const ITEMS = tag(1, BYTES);
const PAIR = { key: tag(1, BYTES), value: tag(2, BYTES) };
const SCOPE = { name: tag(1, BYTES), version: tag(2, BYTES) };
const RESOURCE_ATTRIBUTES = tag(1, BYTES);
const STATUS_CODE = tag(3, VARINT);
const EVENT = { nano: tag(1, FIXED_64), name: tag(2, BYTES), attributes: tag(3, BYTES) };
const SPAN = {
  traceId: tag(1, BYTES),
  spanId: tag(2, BYTES),
  parentSpanId: tag(4, BYTES),
  name: tag(5, BYTES),
  startNano: tag(7, FIXED_64),
  endNano: tag(8, FIXED_64),
  attributes: tag(9, BYTES),
  events: tag(11, BYTES),
  status: tag(15, BYTES),
};
const LOG_RECORD = {
  nano: tag(1, FIXED_64),
  body: tag(5, BYTES),
  attributes: tag(6, BYTES),
  traceId: tag(9, BYTES),
  spanId: tag(10, BYTES),
  observedNano: tag(11, FIXED_64),
  eventName: tag(12, BYTES),
};

type Reader = protobuf.Reader;
/** Reads the field of a tag and says so; false leaves it to be skipped. */
type ReadField = (tag: number, reader: Reader) => boolean;
type Mutable<Item> = { -readonly [Name in keyof Item]: Item[Name] };

/** A Span. @throws an Error of protobufjs, or about the nesting, on bytes that are none */
export function readSpan(bytes: Uint8Array): Span {
  const attributes = new Map<string, Value>();
  const events: SpanEvent[] = [];
  const span: Mutable<Span> = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    name: '',
    startNano: 0n,
    endNano: 0n,
    attributes,
    events,
    hasError: false,
  };
  readMessage(protobuf.Reader.create(bytes), bytes.length, (field, reader) => {
    if (field === SPAN.attributes) readPair(reader, attributes, 0);
    else if (field === SPAN.events) events.push(readEvent(reader));
    else if (field === SPAN.name) span.name = reader.string();
    else if (field === SPAN.startNano) span.startNano = readNano(reader);
    else if (field === SPAN.endNano) span.endNano = readNano(reader);
    else if (field === SPAN.status) span.hasError = readStatus(reader) === STATUS_ERROR;
    else return readIds(field, reader, span);
    return true;
  });
  return span;
}

/** A LogRecord; throws as `readSpan` does. */
export function readLogRecord(bytes: Uint8Array): LogRecord {
  const attributes = new Map<string, Value>();
  let observedNano = 0n;
  const record: Mutable<LogRecord> = {
    traceId: '',
    spanId: '',
    eventName: '',
    nano: 0n,
    body: null,
    attributes,
  };
  readMessage(protobuf.Reader.create(bytes), bytes.length, (field, reader) => {
    if (field === LOG_RECORD.attributes) readPair(reader, attributes, 0);
    else if (field === LOG_RECORD.body) record.body = readValue(reader, 0);
    else if (field === LOG_RECORD.eventName) record.eventName = reader.string();
    else if (field === LOG_RECORD.nano) record.nano = readNano(reader);
    else if (field === LOG_RECORD.observedNano) observedNano = readNano(reader);
    else if (field === LOG_RECORD.traceId) record.traceId = bytesId(reader.bytes(), 16);
    else if (field === LOG_RECORD.spanId) record.spanId = bytesId(reader.bytes(), 8);
    else return false;
    return true;
  });
  return record.nano === 0n ? { ...record, nano: observedNano } : record;
}

/** Attributes of a Resource; throws as `readSpan` does. */
export function readResource(bytes: Uint8Array): Attributes {
  const attributes = new Map<string, Value>();
  readMessage(protobuf.Reader.create(bytes), bytes.length, (field, reader) => {
    if (field !== RESOURCE_ATTRIBUTES) return false;
    readPair(reader, attributes, 0);
    return true;
  });
  return attributes;
}

/** Name and version of an InstrumentationScope; throws as `readSpan` does. */
export function readScope(bytes: Uint8Array): { readonly name: string; readonly version: string } {
  const scope = { name: '', version: '' };
  readMessage(protobuf.Reader.create(bytes), bytes.length, (field, reader) => {
    if (field === SCOPE.name) scope.name = reader.string();
    else if (field === SCOPE.version) scope.version = reader.string();
    else return false;
    return true;
  });
  return scope;
}

function readIds(field: number, reader: Reader, span: Mutable<Span>): boolean {
  if (field === SPAN.traceId) span.traceId = bytesId(reader.bytes(), 16);
  else if (field === SPAN.spanId) span.spanId = bytesId(reader.bytes(), 8);
  else if (field === SPAN.parentSpanId) span.parentSpanId = bytesId(reader.bytes(), 8);
  else return false;
  return true;
}

function readEvent(reader: Reader): SpanEvent {
  const attributes = new Map<string, Value>();
  const event: Mutable<SpanEvent> = { name: '', nano: 0n, attributes };
  readMessage(reader, submessageEnd(reader), (field) => {
    if (field === EVENT.attributes) readPair(reader, attributes, 0);
    else if (field === EVENT.name) event.name = reader.string();
    else if (field === EVENT.nano) event.nano = readNano(reader);
    else return false;
    return true;
  });
  return event;
}

function readStatus(reader: Reader): number {
  let code = 0;
  readMessage(reader, submessageEnd(reader), (field) => {
    if (field !== STATUS_CODE) return false;
    code = reader.int32();
    return true;
  });
  return code;
}

function readPair(reader: Reader, into: Map<string, Value>, depth: number): void {
  const end = submessageEnd(reader);
  let key = '';
  let value: Value = null;
  // Not readMessage: this is where most of the time goes.
  while (reader.pos < end) {
    const field = reader.uint32();
    if (field === PAIR.key) key = reader.string();
    else if (field === PAIR.value) value = readValue(reader, depth);
    else reader.skipType(field & 7);
  }
  checkEnd(reader, end);
  into.set(key, value);
}

function readValue(reader: Reader, depth: number): Value {
  if (depth > DEPTH_MAX) throw new Error(`a value nests deeper than ${DEPTH_MAX} levels`);
  const end = submessageEnd(reader);
  let value: Value = null;
  while (reader.pos < end) {
    const field = reader.uint32();
    if (field === VALUE.text) value = reader.string();
    else if (field === VALUE.list) value = readList(reader, depth + 1);
    else if (field === VALUE.map) value = readMap(reader, depth + 1);
    else value = readScalar(field, reader) ?? value;
  }
  checkEnd(reader, end);
  return value;
}

/** Undefined when it is another field, which is then skipped. */
function readScalar(field: number, reader: Reader): Value | undefined {
  if (field === VALUE.whole) return wholeNumber(reader.int64() as unknown as WireLong);
  if (field === VALUE.flag) return reader.bool();
  if (field === VALUE.fraction) return reader.double();
  if (field === VALUE.bytes) return Buffer.from(reader.bytes()).toString('base64');
  reader.skipType(field & 7);
  return undefined;
}

function readList(reader: Reader, depth: number): Value[] {
  const values: Value[] = [];
  readMessage(reader, submessageEnd(reader), (field) => {
    if (field !== ITEMS) return false;
    values.push(readValue(reader, depth));
    return true;
  });
  return values;
}

function readMap(reader: Reader, depth: number): Value {
  const values = new Map<string, Value>();
  readMessage(reader, submessageEnd(reader), (field) => {
    if (field !== ITEMS) return false;
    readPair(reader, values, depth);
    return true;
  });
  return Object.fromEntries(values);
}

function readMessage(reader: Reader, end: number, readField: ReadField): void {
  while (reader.pos < end) {
    const field = reader.uint32();
    if (!readField(field, reader)) reader.skipType(field & 7);
  }
  checkEnd(reader, end);
}

/** Where the message ends whose length is read next. */
function submessageEnd(reader: Reader): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError('a field is longer than what holds it');
  return end;
}

function checkEnd(reader: Reader, end: number): void {
  if (reader.pos !== end) throw new RangeError('a field is longer than what holds it');
}

function readNano(reader: Reader): bigint {
  const low = reader.fixed32();
  return (BigInt(reader.fixed32()) << 32n) | BigInt(low);
}

/** A number of 64 bits as protobufjs gives it. */
interface WireLong {
  readonly low: number;
  readonly high: number;
}

/** Of the upper half of a number that a double holds exactly. */
const HIGH_MAX = 2 ** 21;

function wholeNumber({ low, high }: WireLong): number | string {
  if (high >= -HIGH_MAX && high < HIGH_MAX) return high * 2 ** 32 + (low >>> 0);
  return ((BigInt(high) << 32n) | BigInt(low >>> 0)).toString();
}
