// What the benchmarks of the way in send, and the engine's own rate for the same.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const ROWS_PER_BODY = 1_000;
export const RECORD_BYTES = 1_700;
const FILE_ROWS = 100_000;
const ID_DIGITS = 12;
const DEMO = new URL('../../../demo/llmdrift_prime.jsonl.gz', import.meta.url);
const ENGINE_RATE = new URL('../engine-rate.mjs', import.meta.url).pathname;

/** Real prompts and responses, padded or cut so that a record has about 1.7 kB. */
export function templates() {
  const rows = gunzipSync(readFileSync(DEMO))
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

let nextId = 0;

/** Bodies whose ids and timestamps are written anew in place for each sending: cheap, so that it measures the service. */
export function bodyMaker(lines) {
  const text = Array.from({ length: ROWS_PER_BODY }, (_, i) => `${lines[i % lines.length]}\n`).join('');
  const body = Buffer.from(text);
  const ids = [];
  const times = [];
  for (let at = 0; at < body.length; ) {
    ids.push(body.indexOf('"id":"', at) + 6);
    times.push(body.indexOf('"timestamp":"', at) + 13);
    at = body.indexOf('\n', at) + 1;
  }
  return () => {
    const copy = Buffer.from(body);
    const now = new Date().toISOString();
    for (let i = 0; i < ids.length; i++) {
      copy.write(String(nextId++).padStart(ID_DIGITS, '0'), ids[i], 'latin1');
      copy.write(now, times[i], 'latin1');
    }
    return { body: copy, lastId: String(nextId - 1).padStart(ID_DIGITS, '0') };
  };
}

/** Rows per second from a file of such records into the migrated table, in a process of its own. */
export async function engineRate(lines, folder) {
  const file = join(folder, 'rows.ndjson');
  const make = bodyMaker(lines);
  writeFileSync(file, Buffer.concat(Array.from({ length: FILE_ROWS / ROWS_PER_BODY }, () => make().body)));
  const child = spawn(process.execPath, [ENGINE_RATE, folder, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  await once(child, 'exit');
  return JSON.parse(out);
}
