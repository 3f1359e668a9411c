/** A value of an attribute or a log body, whatever encoding it came in. Whole numbers beyond 2^53 are digits. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

export type Attributes = ReadonlyMap<string, Value>;

/** Who made a span or a log record: the process, and the instrumentation in it. */
export interface Origin {
  readonly resource: Attributes;
  readonly scopeName: string;
  readonly scopeVersion: string;
}

export interface SpanEvent {
  readonly name: string;
  readonly nano: bigint;
  readonly attributes: Attributes;
}

export interface Span {
  /** 32 and 16 hexadecimal digits, lower case. */
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  /** Nanoseconds since 1970; 0 when it was not sent. */
  readonly startNano: bigint;
  readonly endNano: bigint;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly hasError: boolean;
}

export interface LogRecord {
  /** Empty when it was not sent: a log record may stand alone. */
  readonly traceId: string;
  readonly spanId: string;
  readonly eventName: string;
  /** When it happened, else when it was seen: nanoseconds since 1970. */
  readonly nano: bigint;
  readonly body: Value;
  readonly attributes: Attributes;
}

/** One span or log record, in the order of the request; one that cannot be read does not harm its neighbours. */
export type Decoded<Item> =
  | { readonly ok: true; readonly item: Item; readonly origin: Origin }
  | { readonly ok: false; readonly reason: string };

export interface DecodeBounds {
  /** Spans or log records in one request. */
  readonly itemsMax: number;
  /** Of one of them, in protobuf; the part of JSON that holds it is bounded by the body. */
  readonly itemBytesMax: number;
}
