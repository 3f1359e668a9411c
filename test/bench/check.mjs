// What checking costs beside parsing: `npm run bench -- check [ROUNDS]`. Parse and check are timed in turn, in one run, on
// records of 1.7 kB; the ratio is of the medians, and of each round's ratio the middle one.
import { checkInference } from '../../dist/core/inference-check.js';

const BOUNDS = { minMs: 0, maxMs: Number.MAX_SAFE_INTEGER };
const RECORDS = 200;
const PASSES = 20;

/** Records of one client have one shape; of many clients, as many as there are optional fields left out. */
const SHAPES = { 'one shape': 1, '20 shapes': 20 };

export async function bench([rounds = '40']) {
  for (const [name, shapes] of Object.entries(SHAPES)) {
    const texts = Array.from({ length: RECORDS }, (_, index) =>
      JSON.stringify(record(index, index % shapes)),
    );
    const bytes = Math.round(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / texts.length);
    const [parse, both, ratios] = [[], [], []];
    for (let round = 0; round < Number(rounds) + 5; round++) {
      const parseMicros = time(texts, (text) => JSON.parse(text).model.length > 0);
      const bothMicros = time(texts, (text) => checkInference(JSON.parse(text), BOUNDS).ok);
      // The first rounds are the compiler's.
      if (round < 5) continue;
      parse.push(parseMicros);
      both.push(bothMicros);
      ratios.push(bothMicros / parseMicros);
    }
    console.log(
      `${name}, ${bytes} bytes: parse ${middle(parse).toFixed(2)} µs, parse + check ${middle(both).toFixed(2)} µs, ` +
        `ratio ${(middle(both) / middle(parse)).toFixed(2)} (middle of the rounds ${middle(ratios).toFixed(2)}); at most 1.5 is promised`,
    );
  }
}

function time(texts, isGood) {
  const start = process.hrtime.bigint();
  let good = 0;
  for (let pass = 0; pass < PASSES; pass++) for (const text of texts) if (isGood(text)) good++;
  if (good !== PASSES * texts.length) throw new Error('a record of the benchmark is refused');
  return Number(process.hrtime.bigint() - start) / 1000 / good;
}

const middle = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function record(index, shape) {
  const all = {
    id: `0192f0c1-7d2a-7000-8000-${String(index).padStart(12, '0')}`,
    timestamp: '2026-11-22T10:00:00.123Z',
    project: 'default',
    environment: 'prod',
    provider: 'openai',
    model: 'gpt-4',
    version: '0613',
    operation: 'chat',
    release: 'api@8f3c',
    prompt_name: 'summarize',
    prompt_version: '12',
    session: 's-81',
    user: 'u-4',
    trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    span_id: '00f067aa0ba902b7',
    prompt: 'Summarize the following text in a few words, please. '.repeat(8),
    response: 'Here is a summary\nof the text that you gave me. '.repeat(12),
    status: 'ok',
    finish_reason: 'stop',
    latency_ms: 812.5,
    time_to_first_token_ms: 210,
    queue_ms: 4,
    input_tokens: 150,
    output_tokens: 80,
    cached_tokens: 0,
    cost_usd: 0.0021,
    attributes: { region: 'eu', tier: 'free' },
    groups: { gender: 'f' },
    scores: { correct: 1, thumbs: 0 },
  };
  const kept = Object.entries(all).filter(
    ([name], place) => name === 'timestamp' || name === 'model' || shape === 0 || (place + shape) % 20 !== 0,
  );
  return Object.fromEntries(kept);
}
