import protobuf from 'protobufjs';

const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });

/**
 * What we read of OTLP: fields by their numbers, which can never change (opentelemetry-proto, trace.proto, logs.proto,
 * common.proto). What is not named here is skipped. Spans and log records are read one by one, so the messages around
 * them are not in it: see protobuf-frames.ts.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    Value: {
      oneofs: { kind: { oneof: ['string', 'bool', 'int', 'double', 'array', 'list', 'bytes'] } },
      fields: {
        string: { type: 'string', id: 1 },
        bool: { type: 'bool', id: 2 },
        int: { type: 'int64', id: 3 },
        double: { type: 'double', id: 4 },
        array: { type: 'Values', id: 5 },
        list: { type: 'Pairs', id: 6 },
        bytes: { type: 'bytes', id: 7 },
      },
    },
    Values: { fields: { values: repeated('Value', 1) } },
    Pairs: { fields: { values: repeated('Pair', 1) } },
    Pair: { fields: { key: { type: 'string', id: 1 }, value: { type: 'Value', id: 2 } } },
    Resource: { fields: { attributes: repeated('Pair', 1) } },
    Scope: { fields: { name: { type: 'string', id: 1 }, version: { type: 'string', id: 2 } } },
    Status: { fields: { code: { type: 'int32', id: 3 } } },
    Event: {
      fields: {
        nano: { type: 'fixed64', id: 1 },
        name: { type: 'string', id: 2 },
        attributes: repeated('Pair', 3),
      },
    },
    Span: {
      fields: {
        traceId: { type: 'bytes', id: 1 },
        spanId: { type: 'bytes', id: 2 },
        parentSpanId: { type: 'bytes', id: 4 },
        name: { type: 'string', id: 5 },
        startNano: { type: 'fixed64', id: 7 },
        endNano: { type: 'fixed64', id: 8 },
        attributes: repeated('Pair', 9),
        events: repeated('Event', 11),
        status: { type: 'Status', id: 15 },
      },
    },
    LogRecord: {
      fields: {
        nano: { type: 'fixed64', id: 1 },
        body: { type: 'Value', id: 5 },
        attributes: repeated('Pair', 6),
        traceId: { type: 'bytes', id: 9 },
        spanId: { type: 'bytes', id: 10 },
        observedNano: { type: 'fixed64', id: 11 },
        eventName: { type: 'string', id: 12 },
      },
    },
  },
});

export interface PlainLong {
  readonly low: number;
  readonly high: number;
}

/** A decoded AnyValue: `kind` names the field that was sent, if one was. */
export interface PlainValue {
  readonly kind?: 'string' | 'bool' | 'int' | 'double' | 'array' | 'list' | 'bytes';
  readonly string: string;
  readonly bool: boolean;
  readonly int: PlainLong;
  readonly double: number;
  readonly array: { readonly values: readonly PlainValue[] };
  readonly list: { readonly values: readonly PlainPair[] };
  readonly bytes: Uint8Array;
}

export interface PlainPair {
  readonly key: string;
  readonly value: PlainValue | null;
}

export interface PlainSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array;
  readonly name: string;
  readonly startNano: PlainLong;
  readonly endNano: PlainLong;
  readonly attributes: readonly PlainPair[];
  readonly events: readonly {
    readonly nano: PlainLong;
    readonly name: string;
    readonly attributes: readonly PlainPair[];
  }[];
  readonly status: { readonly code: number } | null;
}

export interface PlainLogRecord {
  readonly nano: PlainLong;
  readonly observedNano: PlainLong;
  readonly body: PlainValue | null;
  readonly attributes: readonly PlainPair[];
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly eventName: string;
}

const reader = <Plain>(name: string): ((bytes: Uint8Array) => Plain) => {
  const type = root.lookupType(name);
  return (bytes) => {
    const source = protobuf.Reader.create(bytes);
    source.discardUnknown = true;
    return type.decode(source) as unknown as Plain;
  };
};

/** Each throws an Error of protobufjs on bytes that are not such a message, also on nesting above its limit of 100. */
export const readSpan = reader<PlainSpan>('Span');
export const readLogRecord = reader<PlainLogRecord>('LogRecord');
export const readResource = reader<{ readonly attributes: readonly PlainPair[] }>('Resource');
export const readScope = reader<{ readonly name: string; readonly version: string }>('Scope');
