import type { Value } from '../../ingest/otlp/telemetry.ts';

/** A span as a test writes it down; what is left out is filled in. */
export interface TestSpan {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly scope?: string;
  readonly start?: string;
  readonly end?: string;
  readonly attributes?: Readonly<Record<string, Value>>;
  readonly resource?: Readonly<Record<string, Value>>;
  readonly events?: readonly TestEvent[];
  readonly hasError?: boolean;
}

export interface TestEvent {
  readonly name: string;
  readonly nano?: string;
  readonly attributes?: Readonly<Record<string, Value>>;
}

export interface TestLogRecord {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly eventName?: string;
  readonly nano?: string;
  readonly body?: Value;
  readonly attributes?: Readonly<Record<string, Value>>;
}

export const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
export const SPAN_ID = '00f067aa0ba902b7';
export const START = '1795600000123000000';
const END = '1795600000935500000';

/** An export request in OTLP/JSON with each span under a resource and a scope of its own. */
export function tracesJson(spans: readonly TestSpan[]): Buffer {
  const resourceSpans = spans.map((span) => ({
    resource: { attributes: pairs(span.resource) },
    scopeSpans: [{ scope: { name: span.scope ?? 'test', version: '1.2.3' }, spans: [spanJson(span)] }],
  }));
  return Buffer.from(JSON.stringify({ resourceSpans }));
}

/** The same for log records. */
export function logsJson(records: readonly TestLogRecord[]): Buffer {
  const logRecords = records.map((record) => ({
    timeUnixNano: record.nano ?? START,
    traceId: record.traceId ?? TRACE_ID,
    spanId: record.spanId ?? SPAN_ID,
    eventName: record.eventName,
    body: record.body === undefined ? undefined : anyValue(record.body),
    attributes: pairs(record.attributes),
  }));
  return Buffer.from(
    JSON.stringify({ resourceLogs: [{ scopeLogs: [{ scope: { name: 'test' }, logRecords }] }] }),
  );
}

function spanJson(span: TestSpan): Record<string, unknown> {
  return {
    traceId: span.traceId ?? TRACE_ID,
    spanId: span.spanId ?? SPAN_ID,
    parentSpanId: span.parentSpanId,
    name: span.name ?? 'chat gpt-4',
    kind: 3,
    startTimeUnixNano: span.start ?? START,
    endTimeUnixNano: span.end ?? END,
    attributes: pairs(span.attributes),
    events: (span.events ?? []).map(({ name, nano, attributes }) => ({
      name,
      timeUnixNano: nano ?? START,
      attributes: pairs(attributes),
    })),
    status: { code: span.hasError ? 2 : 0 },
  };
}

function pairs(values: Readonly<Record<string, Value>> = {}): unknown[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }));
}

function anyValue(value: Value): Record<string, unknown> {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (value === null) return {};
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: pairs(value as Readonly<Record<string, Value>>) } };
}
