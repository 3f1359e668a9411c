// µs of processor time per signal, alone and as the whole set, over real text; each the median over rounds, and JSON.parse of the same
// records as the yardstick. A signal alone pays for the pass over the text that the set shares.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const dist = new URL('../../dist/', import.meta.url);
const { createSignals } = await import(new URL('ingest/signals/compute.js', dist));
const { loadPrices } = await import(new URL('ingest/signals/prices.js', dist));

const ROUNDS = 15;
const RECORDS = 500;
/** The size that the budget is stated for. */
const BYTES = 1700;

/** Prints a table; `args[0]` overrides the number of rounds. */
export async function bench(args) {
  const rounds = Number(args[0]) || ROUNDS;
  const prices = loadPrices();
  const lines = sample().map((record) => JSON.stringify(record));
  // Parsed, as in the writer: a string that was put together from parts reads slower.
  const records = lines.map((line) => JSON.parse(line));
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / lines.length;
  const parseUs = medianUs(rounds, () => lines.map((line) => JSON.parse(line)));
  const setUs = time('all');
  const names = Object.keys(createSignals({ enabled: 'all', prices })(records[0]));

  process.stdout.write(
    `${records.length} records of ${Math.round(bytes)} bytes, median of ${rounds} rounds\n`,
  );
  process.stdout.write(`${'signal'.padEnd(22)} µs/record  of JSON.parse\n`);
  row('JSON.parse', parseUs);
  row('none', time('none'));
  for (const name of names.filter((each) => each !== 'error')) row(`${name} alone`, time([name]));
  row('all', setUs);
  process.stdout.write(`${(1e6 / setUs).toFixed(0)} records/s on one core\n`);

  function time(enabled) {
    const compute = createSignals({ enabled, prices });
    return medianUs(rounds, () => records.map(compute));
  }
  function row(name, us) {
    process.stdout.write(`${name.padEnd(28)} ${us.toFixed(2).padStart(6)}  ${(us / parseUs).toFixed(2)}\n`);
  }
  function medianUs(count, run) {
    const times = Array.from({ length: count + 3 }, () => {
      const start = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / records.length;
    });
    // The first rounds warm the compiler.
    return times.slice(3).sort((a, b) => a - b)[count >> 1];
  }
}

/** Records of about `BYTES`, with a response put together from LLMDrift answers (Apache-2.0) and prose of our own. */
function sample() {
  const prose = readFileSync(new URL('signals-prose.txt', import.meta.url), 'utf8').split('\n\n');
  const answers = gunzipSync(readFileSync(new URL('../../demo/llmdrift_prime.jsonl.gz', import.meta.url)))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ response }) => response.length > 300);
  return Array.from({ length: RECORDS }, (_, index) => {
    const answer = answers[(index * 7) % answers.length];
    const isProse = index % 4 !== 0;
    const record = {
      id: `0192f0c1-0000-7000-8000-${String(index).padStart(12, '0')}`,
      timestamp: '2026-11-22T10:00:00.123Z',
      provider: 'openai',
      model: 'gpt-4',
      version: '0613',
      prompt: isProse ? prose[(index * 5) % prose.length] : answer.prompt,
      response: '',
      finish_reason: 'stop',
      latency_ms: 812.5,
      time_to_first_token_ms: 210,
      input_tokens: 150,
      output_tokens: 280,
      attributes: { region: 'eu', tier: 'free' },
    };
    for (let part = index; JSON.stringify(record).length < BYTES; part++) {
      const text = isProse
        ? prose[(part * 3 + 1) % prose.length]
        : answers[(part * 7) % answers.length].response;
      record.response += `${record.response === '' ? '' : '\n\n'}${text}`;
    }
    const surplus = JSON.stringify(record).length - BYTES;
    record.response = record.response.slice(0, record.response.length - surplus);
    return record;
  });
}
