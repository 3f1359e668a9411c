// Records of the benchmarks of ingest.mjs and otlp.mjs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const RECORD_BYTES = 1_700;
export const ID_DIGITS = 12;
const ROOT = new URL('../../', import.meta.url).pathname;

/** Real prompts and responses, padded or cut so that a record has about 1.7 kB. */
export function templates() {
  const rows = gunzipSync(readFileSync(join(ROOT, 'demo/llmdrift_prime.jsonl.gz')))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const long = rows.filter((row) => row.response.length > 200);
  return Array.from({ length: 200 }, (_, i) => {
    let response = '';
    for (let k = i; response.length < RECORD_BYTES; k++) response += `${long[k % long.length].response}\n\n`;
    const record = {
      id: '0'.repeat(ID_DIGITS),
      timestamp: '2026-01-01T00:00:00.000Z',
      model: i % 2 ? 'gpt-4' : 'gpt-3.5',
      version: '0613',
      prompt: long[i % long.length].prompt,
      response,
      latency_ms: 800 + i,
      output_tokens: 150 + (i % 50),
      input_tokens: 40,
      attributes: { region: i % 3 ? 'eu' : 'us' },
      scores: { correct: i % 2 },
    };
    const excess = Buffer.byteLength(JSON.stringify(record)) - RECORD_BYTES;
    record.response = response.slice(0, Math.max(0, response.length - excess));
    return JSON.stringify(record);
  });
}
