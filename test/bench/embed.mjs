// Texts per second of the embedder (worker, tokenizer, queue and all) against a bare onnxruntime session that is given
// the finished token ids and the same settings, and one whose threads spin (onnxruntime's default: it wins on an idle
// machine and loses on a busy one). With `--float32 FOLDER` (model.onnx) also against that file in sorted batches of 16.
// All take turns on the same texts, so noise of the machine meets all alike; a ratio is the median over the rounds.
// CPU time says the same with less noise.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { startEmbedder } from '../../dist/analyzers/embed/embedder.js';
import { cpuSessionOptions } from '../../dist/analyzers/embed/execution-provider.js';
import { SHIPPED_MODEL_FOLDER } from '../../dist/analyzers/embed/model-folder.js';
import { createTokenizer } from '../../dist/analyzers/embed/tokenize.js';

const THREADS = 2;
const RAW_SHARE_MIN = 0.9;
const FLOAT32_RATIO_MIN = 2;
const log = { info() {}, warn() {} };

export async function bench(args) {
  const { values } = parseArgs({
    args,
    options: {
      float32: { type: 'string' },
      rounds: { type: 'string', default: '15' },
      texts: { type: 'string', default: '48' },
    },
  });
  const { texts, source } = readTexts(Number(values.texts));
  const tokenizer = createTokenizer(
    JSON.parse(readFileSync(join(SHIPPED_MODEL_FOLDER, 'tokenizer.json'), 'utf8')),
    256,
  );
  const ids = texts.map((text) => tokenizer.idsOf(text));
  const tokensMean = ids.reduce((sum, row) => sum + row.length, 0) / ids.length;
  console.log(
    `${texts.length} texts of ${tokensMean.toFixed(0)} tokens (${source}), ${values.rounds} rounds`,
  );

  const embedder = await startEmbedder({ device: 'cpu', log, threads: THREADS, cacheTextsMax: 1 });
  const raw = await openSession(SHIPPED_MODEL_FOLDER);
  const spinning = await openSession(SHIPPED_MODEL_FOLDER, { extra: {} });
  const contenders = {
    ours: () => embedder.embed(texts),
    raw: () => runBatches(raw, batchesOf(ids, 1)),
    spinning: () => runBatches(spinning, batchesOf(ids, 1)),
  };
  if (values.float32 !== undefined) {
    const float32 = await openSession(values.float32);
    contenders.float32 = () => runBatches(float32, batchesOf(ids, 16));
  }
  const seen = await measure(contenders, Number(values.rounds), texts.length);
  await embedder.stop();
  report(seen);
}

/** Rates and costs per round of each contender, after one round to warm up; who goes first changes each round. */
async function measure(contenders, rounds, texts) {
  const names = Object.keys(contenders);
  const seen = Object.fromEntries(names.map((name) => [name, { rates: [], cpuMs: [] }]));
  for (let round = -1; round < rounds; round++) {
    for (const name of round % 2 ? names : names.toReversed()) {
      const [cpu, startMs] = [process.cpuUsage(), performance.now()];
      await contenders[name]();
      const wallMs = performance.now() - startMs;
      const { user, system } = process.cpuUsage(cpu);
      if (round < 0) continue;
      seen[name].rates.push((texts / wallMs) * 1_000);
      seen[name].cpuMs.push((user + system) / 1_000 / texts);
    }
  }
  return seen;
}

const TITLES = {
  ours: 'embedder',
  raw: 'bare session, same batches',
  spinning: 'bare session that spins',
  float32: 'float32, batches of 16',
};

function report(seen) {
  for (const [name, { rates, cpuMs }] of Object.entries(seen)) {
    const rate = median(rates).toFixed(0).padStart(4);
    console.log(`${TITLES[name].padEnd(27)} ${rate} texts/s, ${median(cpuMs).toFixed(1)} ms of CPU a text`);
  }
  judge('embedder / bare session', ratio(seen.ours.rates, seen.raw.rates), RAW_SHARE_MIN);
  if (seen.float32 === undefined) {
    console.log('against a float32 file: not run (give its folder: --float32 FOLDER)');
    return;
  }
  judge('embedder / float32 in batches', ratio(seen.ours.rates, seen.float32.rates), FLOAT32_RATIO_MIN);
}

function judge(name, { middle, low, high }, least) {
  const verdict = middle >= least ? 'kept' : 'MISSED';
  const range = `${low.toFixed(2)} to ${high.toFixed(2)}`;
  console.log(`${name}: ${middle.toFixed(2)} (rounds: ${range}); at least ${least}: ${verdict}`);
  if (middle < least) process.exitCode = 1;
}

function ratio(a, b) {
  const ratios = a.map((rate, round) => rate / b[round]);
  return { middle: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function openSession(folder, options = {}) {
  return InferenceSession.create(join(folder, 'model.onnx'), { ...cpuSessionOptions(THREADS), ...options });
}

function batchesOf(ids, size) {
  const sorted = ids.toSorted((a, b) => b.length - a.length);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, index) =>
    sorted.slice(index * size, (index + 1) * size),
  );
}

async function runBatches(session, batches) {
  for (const batch of batches) {
    const dims = [batch.length, batch[0].length];
    const [input, mask] = [new BigInt64Array(dims[0] * dims[1]), new BigInt64Array(dims[0] * dims[1])];
    for (const [row, ids] of batch.entries()) {
      input.set(BigInt64Array.from(ids, BigInt), row * dims[1]);
      mask.fill(1n, row * dims[1], row * dims[1] + ids.length);
    }
    await session.run({
      input_ids: new Tensor('int64', input, dims),
      attention_mask: new Tensor('int64', mask, dims),
      token_type_ids: new Tensor('int64', new BigInt64Array(input.length), dims),
    });
  }
}

/** Responses of alpaca_eval where the data is at hand (SHARED_DIR), and text of like length otherwise. */
function readTexts(count) {
  const file = join(process.env.SHARED_DIR ?? '', 'data/alpaca_eval_4models.jsonl.gz');
  if (process.env.SHARED_DIR === undefined || !existsSync(file)) {
    return { texts: Array.from({ length: count }, (_, index) => madeUpText(index)), source: 'made up' };
  }
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  const responses = [...new Set(lines.map((line) => JSON.parse(line).response))];
  return { texts: responses.slice(0, count), source: 'alpaca_eval responses' };
}

const SENTENCES = [
  'You can return the item within thirty days, as long as it has not been used.',
  "I'm sorry, but I can't help with that request.",
  'Here is a short summary of the three points that the report makes about energy prices.',
  'To reset your password, open the settings, choose security and follow the link we send.',
  'The capital of Australia is Canberra, not Sydney, although many people think otherwise.',
  'First preheat the oven to 180 degrees, then whisk the eggs with the sugar until pale.',
  'In Python, a list comprehension is often clearer than a loop that appends.',
];

/** One to nine sentences, each text another. */
function madeUpText(index) {
  const length = 1 + ((index * 5) % 9);
  const sentences = Array.from(
    { length },
    (_, place) => SENTENCES[(index * 3 + place * 2) % SENTENCES.length],
  );
  return `${index}. ${sentences.join(' ')}`;
}
