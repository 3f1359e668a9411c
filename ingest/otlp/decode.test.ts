import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { BOUNDS, mapped, NOW } from '../../test/support/otlp-mapped.ts';
import { SPAN_ID, START, TRACE_ID, tracesJson } from '../../test/support/otlp-request.ts';
import { decodeLogRecords, decodeSpans, type OtlpEncoding } from './decode.ts';
import { mapOtlp } from './map-otlp.ts';

const CALL = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4' };

const spans = (body: Uint8Array, encoding: OtlpEncoding, bounds = BOUNDS) => [
  ...decodeSpans({ body, encoding, bounds }),
];
/** The one span of a request in OTLP/JSON. */
function span(fields: object): Record<string, unknown> {
  const body = { resourceSpans: [{ scopeSpans: [{ spans: [fields] }] }] };
  const [decoded] = spans(Buffer.from(JSON.stringify(body)), 'json');
  if (!decoded?.ok) throw new Error(decoded?.reason ?? 'no span');
  return decoded.item as unknown as Record<string, unknown>;
}
const attributes = (...pairs: [string, object][]): unknown => {
  const list = pairs.map(([key, value]) => ({ key, value }));
  return Object.fromEntries(span({ attributes: list })['attributes'] as Map<string, unknown>);
};

/** A protobuf message of length-delimited fields. */
function message(...fields: readonly [id: number, content: Uint8Array | string][]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [id, content] of fields) {
    writer.uint32((id << 3) | 2);
    if (typeof content === 'string') writer.string(content);
    else writer.bytes(content);
  }
  return writer.finish();
}
const text = (value: string): Uint8Array => message([1, value]);
const pair = (key: string, value: Uint8Array): Uint8Array => message([1, key], [2, value]);
const protobufSpan = (...more: readonly [number, Uint8Array | string][]): Uint8Array =>
  Buffer.concat([
    message([1, Buffer.from(TRACE_ID, 'hex')], [2, Buffer.from(SPAN_ID, 'hex')], ...more),
    protobuf.Writer.create()
      .uint32((7 << 3) | 1)
      .fixed64(START)
      .finish(),
  ]);
const CALL_PAIRS = Object.entries(CALL).map(([key, value]): [number, Uint8Array] => [
  9,
  pair(key, text(value)),
]);
const request = (...items: Uint8Array[]): Uint8Array =>
  message([1, message([2, message(...items.map((item): [number, Uint8Array] => [2, item]))])]);

describe('JSON', () => {
  it.each([
    [TRACE_ID, SPAN_ID],
    [TRACE_ID.toUpperCase(), SPAN_ID.toUpperCase()],
    [Buffer.from(TRACE_ID, 'hex').toString('base64'), Buffer.from(SPAN_ID, 'hex').toString('base64')],
  ])('takes the ids %s and %s', (traceId, spanId) => {
    expect(span({ traceId, spanId })).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID });
  });

  it.each([['xyz'], [''], ['0'.repeat(32)], [`${TRACE_ID}00`], [42], [null]])(
    'has no id in %j',
    (traceId) => {
      expect(span({ traceId })).toMatchObject({ traceId: '' });
    },
  );

  it.each([
    [START, BigInt(START)],
    [1_795_600_000_123, 1_795_600_000_123n],
    ['-1', 0n],
    ['1e3', 0n],
    [-1, 0n],
    [null, 0n],
    [{}, 0n],
  ])('reads the instant %j', (startTimeUnixNano, expected) => {
    expect(span({ startTimeUnixNano })['startNano']).toBe(expected);
  });

  it('reads values of every kind', () => {
    const read = attributes(
      ['text', { stringValue: 'x' }],
      ['whole', { intValue: '9007199254740991' }],
      ['number', { intValue: 7 }],
      ['beyond', { intValue: '9223372036854775807' }],
      ['broken', { intValue: 'seven' }],
      ['fraction', { doubleValue: 0.5 }],
      ['odd', { doubleValue: 'NaN' }],
      ['flag', { boolValue: true }],
      ['bytes', { bytesValue: 'AAEC' }],
      ['list', { arrayValue: { values: [{ stringValue: 'a' }, { intValue: 1 }] } }],
      ['map', { kvlistValue: { values: [{ key: 'k', value: { stringValue: 'v' } }] } }],
      ['empty', {}],
      ['unknown', { stringValueStrindex: 3 }],
    );
    expect(read).toEqual({
      text: 'x',
      whole: Number.MAX_SAFE_INTEGER,
      number: 7,
      beyond: '9223372036854775807',
      broken: null,
      fraction: 0.5,
      odd: Number.NaN,
      flag: true,
      bytes: 'AAEC',
      list: ['a', 1],
      map: { k: 'v' },
      empty: null,
      unknown: null,
    });
  });

  it('leaves unknown fields aside, and takes absent and null ones for empty', () => {
    expect(
      span({ future: { deep: [1] }, attributes: null, events: null, status: null, name: null }),
    ).toMatchObject({
      name: '',
      events: [],
      hasError: false,
    });
  });

  it('cannot be made to change a prototype', () => {
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[
      {"key":"m","value":{"kvlistValue":{"values":[{"key":"__proto__","value":{"kvlistValue":{"values":[{"key":"polluted","value":{"stringValue":"x"}}]}}}]}}},
      {"key":"__proto__","value":{"stringValue":"y"}}],"__proto__":{"name":"stolen"},"constructor":{"prototype":{"polluted":1}}}]}]}]}`;
    const [decoded] = spans(Buffer.from(body), 'json');
    expect(decoded).toMatchObject({ ok: true, item: { name: '' } });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([[''], ['  '], ['{}'], ['{"resourceSpans":[]}'], ['{"resourceSpans":null}'], ['{"other":1}']])(
    'has no spans in %j',
    (body) => {
      expect(spans(Buffer.from(body), 'json')).toEqual([]);
    },
  );

  it.each([
    ['no JSON', 'nonsense', /expected JSON/],
    ['cut off', tracesJson([{}]).toString().slice(0, -5), /expected JSON/],
    ['a list', '[]', /expected an object/],
    ['a text', '"x"', /expected an object/],
    ['a resource that is none', '{"resourceSpans":[1]}', /expected objects in resourceSpans/],
    ['nested too deep', `{"resourceSpans":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, /levels of nesting/],
    ['too many parts', `{"x":[${'[],'.repeat(4_000_001)}[]]}`, /objects and lists/],
  ])('is refused as a whole: %s', (_, body, message) => {
    expect(() => spans(Buffer.from(body), 'json')).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
    expect(() => spans(Buffer.from(body), 'json')).toThrow(message);
  });

  it('refuses alone what is no span', () => {
    const body = { resourceSpans: [{ scopeSpans: [{ spans: [{}, 'x', null, {}] }] }] };
    const decoded = spans(Buffer.from(JSON.stringify(body)), 'json');
    expect(decoded.map(({ ok }) => ok)).toEqual([true, false, false, true]);
  });
});

describe('protobuf', () => {
  it('reads values of every kind', () => {
    const writer = () => protobuf.Writer.create();
    const values: [string, Uint8Array][] = [
      ['text', text('x')],
      [
        'yes',
        writer()
          .uint32((2 << 3) | 0)
          .bool(true)
          .finish(),
      ],
      [
        'no',
        writer()
          .uint32((2 << 3) | 0)
          .bool(false)
          .finish(),
      ],
      [
        'whole',
        writer()
          .uint32((3 << 3) | 0)
          .int64(Number.MAX_SAFE_INTEGER)
          .finish(),
      ],
      [
        'negative',
        writer()
          .uint32((3 << 3) | 0)
          .int64(-7)
          .finish(),
      ],
      [
        'beyond',
        writer()
          .uint32((3 << 3) | 0)
          .int64('9223372036854775807')
          .finish(),
      ],
      [
        'fraction',
        writer()
          .uint32((4 << 3) | 1)
          .double(0.5)
          .finish(),
      ],
      ['list', message([5, message([1, text('a')], [1, text('b')])])],
      ['map', message([6, message([1, pair('k', text('v'))], [1, pair('__proto__', text('p'))])])],
      ['bytes', message([7, Buffer.from([0, 1, 2])])],
      ['empty', new Uint8Array(0)],
      [
        'unknown',
        writer()
          .uint32((8 << 3) | 0)
          .int32(3)
          .finish(),
      ],
    ];
    const body = request(
      protobufSpan(...values.map(([key, value]): [number, Uint8Array] => [9, pair(key, value)])),
    );
    const [decoded] = spans(body, 'protobuf');
    if (!decoded?.ok) throw new Error('not decoded');
    const map = JSON.parse('{"k":"v","__proto__":"p"}');
    expect(Object.fromEntries(decoded.item.attributes)).toEqual({
      text: 'x',
      yes: true,
      no: false,
      whole: Number.MAX_SAFE_INTEGER,
      negative: -7,
      beyond: '9223372036854775807',
      fraction: 0.5,
      list: ['a', 'b'],
      map,
      bytes: 'AAEC',
      empty: null,
      unknown: null,
    });
  });

  it('skips fields that it does not know, and takes the resource behind its spans', () => {
    const scopeSpans = message([2, protobufSpan(...CALL_PAIRS, [99, 'future'])], [99, 'future']);
    const resource = message([1, pair('service.name', text('api'))], [99, 'future']);
    const body = message([99, 'future'], [1, message([2, scopeSpans], [1, resource])]);
    expect(mapped(body, { encoding: 'protobuf' }).records).toMatchObject([
      { model: 'gpt-4', timestamp: '2026-11-25T09:46:40.123Z', attributes: { 'service.name': 'api' } },
    ]);
  });

  it('has no spans in nothing', () => {
    expect(spans(new Uint8Array(0), 'protobuf')).toEqual([]);
  });

  it.each([
    ['garbage', Buffer.from('this is not protobuf at all')],
    ['cut off', request(protobufSpan(...CALL_PAIRS)).slice(0, -3)],
    ['a field of number 0', Buffer.from([0x00, 0x01])],
    ['JSON', tracesJson([{}])],
  ])('is refused as a whole: %s', (_, body) => {
    expect(() => spans(body, 'protobuf')).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    expect(() => spans(body, 'protobuf')).toThrow(/cannot be decoded as protobuf/);
  });

  it('refuses alone a span that is broken, too large, or nests without end', () => {
    let deep = text('x');
    for (let level = 0; level < 200; level++) deep = message([5, message([1, deep])]);
    const good = protobufSpan(...CALL_PAIRS);
    const broken = [
      Buffer.from([0x0a, 0x7f, 0x01]),
      protobufSpan([9, pair('deep', deep)]),
      protobufSpan([5, 'x'.repeat(BOUNDS.itemBytesMax)]),
    ];
    const { records, rejected } = mapped(request(good, ...broken, good), { encoding: 'protobuf' });
    expect(records).toHaveLength(2);
    expect(rejected.map(({ index }) => index)).toEqual([1, 2, 3]);
    expect(rejected[2]?.reason).toMatch(/at most 1048576 bytes/);
  });

  it('takes no memory for what is empty: millions of empty spans are refused by their number', () => {
    const inner = Buffer.alloc(4_000_000);
    for (let at = 0; at < inner.length; at += 2) inner[at] = (2 << 3) | 2;
    const body = message([1, message([2, inner])]);
    expect(() => spans(body, 'protobuf')).toThrow(expect.objectContaining({ code: 'too_large' }));
  });
});

it('has the bound on the number of items in both encodings', () => {
  const bounds = { ...BOUNDS, itemsMax: 2 };
  expect(() => spans(tracesJson([{}, {}, {}]), 'json', bounds)).toThrow(/more than 2 spans/);
  expect(spans(tracesJson([{}, {}]), 'json', bounds)).toHaveLength(2);
  const options = { signal: 'traces', encoding: 'json', now: NOW, bounds } as const;
  expect(() => mapOtlp(tracesJson([{}, {}, {}]), options)).toThrow(
    expect.objectContaining({ code: 'too_large' }),
  );
});

it('takes for a log record the time it was seen when it does not say when it happened', () => {
  const record = { observedTimeUnixNano: START, timeUnixNano: '0' };
  const body = Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }));
  const [decoded] = [...decodeLogRecords({ body, encoding: 'json', bounds: BOUNDS })];
  expect(decoded).toMatchObject({ ok: true, item: { nano: BigInt(START), body: null } });
});
