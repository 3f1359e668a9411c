import { gzipSync } from 'node:zlib';

const TIME = '2026-11-22T10:00:00.123Z';

/** A record that is fine, of this id. */
export const good = (id: string, fields: object = {}): string =>
  JSON.stringify({
    id,
    timestamp: TIME,
    model: 'gpt-4',
    prompt: 'Is 17 prime?',
    response: 'Yes.',
    ...fields,
  });

const raw = (fields: string): string => `{"timestamp":"${TIME}","model":"m",${fields}}`;
const at = (timestamp: string): string => JSON.stringify({ timestamp, model: 'm' });
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

/** Records that must be refused, each alone: put between good ones they must not harm them. */
export const BAD_RECORDS: Readonly<Record<string, string | Buffer>> = {
  'a number that no double holds': raw('"latency_ms":1e400'),
  'a huge integer': raw('"input_tokens":123456789012345678901234567890'),
  'a negative count': raw('"output_tokens":-1'),
  'a fraction of a token': raw('"output_tokens":1.5'),
  NaN: raw('"latency_ms":NaN'),
  'a year of one digit': at('1-01-01T00:00:00Z'),
  'year 1': at('0001-01-01T00:00:00Z'),
  'year 9999': at('9999-12-31T23:59:59Z'),
  'year 10000': at('+010000-01-01T00:00:00Z'),
  'no zone': at('2026-11-22T10:00:00'),
  '31 February': at('2026-02-31T10:00:00Z'),
  'a number as a date': `{"timestamp":${Date.now()},"model":"m"}`,
  'nesting of 100,000': raw(`"tool_calls":${nested(100_000)}`),
  'nesting of 2,000,000 without an end': raw(`"tool_calls":${'['.repeat(2_000_000)}`),
  'nested objects': raw(`"tool_calls":[${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}]`),
  'invalid UTF-8': Buffer.concat([
    Buffer.from(raw('"prompt":"').slice(0, -1)),
    Buffer.from([0xff, 0xfe, 0xc0]),
    Buffer.from('"}'),
  ]),
  'a cut UTF-8 sequence': Buffer.concat([
    Buffer.from(raw('"prompt":"').slice(0, -1)),
    Buffer.from([0xe2, 0x82]),
    Buffer.from('"}'),
  ]),
  'a raw NUL': raw('"prompt":"a\0b"'),
  'a raw tab': raw('"prompt":"a\tb"'),
  'a NUL in a name': raw('"id":"a\\u0000b"'),
  '10 MB in a line': raw(`"prompt":"${'x'.repeat(10_000_000)}"`),
  'a wrong type': raw('"response":{"text":"x"}'),
  'a number for a text': raw('"response":7'),
  'an array for attributes': raw('"attributes":[]'),
  'objects in attributes': raw('"attributes":{"a":{"b":"c"}}'),
  'a thousand attributes': raw(
    `"attributes":{${Array.from({ length: 1000 }, (_, i) => `"k${i}":"v"`).join()}}`,
  ),
  __proto__: raw('"__proto__":{"isAdmin":true}'),
  'a thousand unknown fields': raw(Array.from({ length: 1000 }, (_, i) => `"f${i}":1`).join()),
  'an unknown field with a long name': raw(`"${'n'.repeat(100_000)}":1`),
  'prompt and messages': raw('"prompt":"a","messages":[]'),
  'an array': '[[[]]]',
  'a string': '"x"',
  null: 'null',
  true: 'true',
  'half an object': '{"timestamp":',
  'two objects': '{} {}',
  'trailing comma': raw('"user":"a",'),
  'single quotes': "{'timestamp':1}",
  'a comment': `/* */${good('c')}`,
  'a byte order mark inside': `\ufeff${good('c')}`,
  XML: '<?xml version="1.0"?>',
  HTTP: 'POST /v1/inferences HTTP/1.1',
  binary: Buffer.from(Array.from({ length: 256 }, (_, code) => (code === 10 ? 11 : code))),
};

/** Records that are odd and fine; each must be stored with these values. */
export const ODD_RECORDS: Readonly<Record<string, readonly [record: string, expected: object]>> = {
  'a NUL in a text': [raw('"id":"o1","prompt":"a\\u0000b"'), { prompt: 'a\0b' }],
  'half a surrogate pair': [raw('"id":"o2","prompt":"a\\ud800b"'), { prompt: 'a\ufffdb' }],
  'a whole pair, escaped': [raw('"id":"o3","prompt":"\\ud83d\\ude00"'), { prompt: '😀' }],
  'a field twice': [raw('"id":"o4","latency_ms":1,"latency_ms":2'), { latency_ms: 2 }],
  'an id twice': [raw('"id":"x","id":"o5"'), { id: 'o5' }],
  'an attribute twice': [raw('"id":"o6","attributes":{"a":"1","a":"2"}'), { attributes: { a: '2' } }],
  'integers as floats': [
    raw('"id":"o7","input_tokens":1.5e2,"output_tokens":8.0'),
    { input_tokens: 150, output_tokens: 8 },
  ],
  'minus zero': [raw('"id":"o8","latency_ms":-0,"scores":{"a":-0.0}'), { model: 'm' }],
  'a number too small for a double': [raw('"id":"o9","latency_ms":1e-400'), { latency_ms: 0 }],
  'an exponent': [raw('"id":"o10","latency_ms":1E+2'), { latency_ms: 100 }],
  nulls: [raw('"id":"o11","project":null,"attributes":null,"input_tokens":null'), { project: 'default' }],
  'escaped field names': [raw('"id":"o12","\\u0070rompt":"a"'), { prompt: 'a' }],
  '__proto__ as an attribute': [
    raw('"id":"o13","attributes":{"__proto__":"a","constructor":"b"}'),
    { model: 'm' },
  ],
  SQL: [raw(`"id":"o14'; DROP TABLE inferences; --","prompt":"') FORMAT CSV"`), { prompt: "') FORMAT CSV" }],
  'nanoseconds and an offset': [
    '{"id":"o15","timestamp":"2026-11-22T10:00:00.123456789+05:30","model":"m"}',
    { model: 'm' },
  ],
  Python: [
    '{"id": "o16", "timestamp": "2026-11-22 10:00:00.123456+00:00", "model": "m", "input_tokens": 3}',
    { input_tokens: 3 },
  ],
  'separators of lines in a text': [
    raw('"id":"o17","prompt":"a\u2028b\u0085c"'),
    { prompt: 'a\u2028b\u0085c' },
  ],
  'messages with anything': [
    raw(
      '"id":"o18","messages":[{"role":"user","content":[{"type":"text","text":"a\\ud800"}],"x":{"y":[1e400]}}]',
    ),
    { model: 'm' },
  ],
  'an empty text everywhere': [
    raw('"id":"o19","prompt":"","response":"","user":"","attributes":{"a":""}'),
    { response: '' },
  ],
};

/** Bodies that are answered with a status below 500, whatever it is. */
export const BODIES: Readonly<Record<string, { body: string | Buffer; headers?: Record<string, string> }>> = {
  empty: { body: '' },
  'only line ends': { body: '\n\r\n\n'.repeat(1000) },
  'only spaces': { body: ' '.repeat(100_000) },
  'an empty array': { body: '[]' },
  'an array of garbage': { body: '[1,"a",null,[],{},true,,]' },
  'an array without an end': { body: `[${good('a')},` },
  commas: { body: `[${','.repeat(10_000)}]` },
  'open brackets': { body: '['.repeat(200_000) },
  'open braces': { body: '{'.repeat(200_000) },
  quotes: { body: '"'.repeat(100_001) },
  backslashes: { body: `["${'\\'.repeat(100_001)}` },
  'many lines of nothing': { body: '{}\n'.repeat(20_000) },
  'UTF-16': { body: Buffer.from(`\ufeff${good('a')}`, 'utf16le') },
  'a wrong content type': { body: good('a'), headers: { 'content-type': 'image/png' } },
  'a charset': { body: good('a'), headers: { 'content-type': 'application/json; charset=latin1' } },
  'gzip that is none': { body: good('a'), headers: { 'content-encoding': 'gzip' } },
  'gzip cut short': { body: gzipSync(good('a')).subarray(0, -12), headers: { 'content-encoding': 'gzip' } },
  'gzip with one byte changed': {
    body: damaged(gzipSync(good('a').repeat(50))),
    headers: { 'content-encoding': 'gzip' },
  },
  'gzip without a body': { body: '', headers: { 'content-encoding': 'gzip' } },
  'gzip with garbage behind': {
    body: Buffer.concat([gzipSync(good('a')), Buffer.from('garbage')]),
    headers: { 'content-encoding': 'gzip' },
  },
  'gzip twice': { body: gzipSync(gzipSync(good('a'))), headers: { 'content-encoding': 'gzip' } },
  'gzip said twice': { body: gzipSync(gzipSync(good('a'))), headers: { 'content-encoding': 'gzip, gzip' } },
  'gzip not said': { body: gzipSync(good('a')) },
  'deflate that is none': { body: 'xx', headers: { 'content-encoding': 'deflate' } },
  'brotli that is none': { body: 'xx', headers: { 'content-encoding': 'br' } },
  'an unknown encoding': { body: good('a'), headers: { 'content-encoding': '__proto__' } },
  'a bomb': { body: gzipSync(Buffer.alloc(300_000_000, ' ')), headers: { 'content-encoding': 'gzip' } },
  'a bomb of brackets': {
    body: gzipSync(Buffer.alloc(60_000_000, '[')),
    headers: { 'content-encoding': 'gzip' },
  },
};

function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[Math.floor(copy.length / 2)] = (copy[Math.floor(copy.length / 2)] ?? 0) ^ 0xff;
  return copy;
}
