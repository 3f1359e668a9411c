// Real prompts whose topics are known, with their vectors: made once by the shipped model and kept under .cache.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { startEmbedder } from '../../dist/analyzers/embed/embedder.js';

const DATA =
  process.env.CLINC150 ?? new URL('../../../shared/data/clinc150.jsonl.gz', import.meta.url).pathname;
const CACHE = new URL('../../.cache/', import.meta.url).pathname;

export async function readRows() {
  if (!existsSync(DATA)) throw new Error(`no data at ${DATA}: set CLINC150 to clinc150.jsonl.gz`);
  const rows = gunzipSync(readFileSync(DATA))
    .toString('utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const values = await vectorsOf(rows);
  const dimensions = values.length / rows.length;
  return rows.map((row, i) => ({
    prompt: row.prompt,
    group: row.group,
    vector: values.slice(i * dimensions, (i + 1) * dimensions),
  }));
}

async function vectorsOf(rows) {
  const file = `${CACHE}clinc150-vectors.f32`;
  if (existsSync(file)) {
    const bytes = readFileSync(file);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  }
  const embedder = await startEmbedder({ device: 'cpu', log: { info() {}, warn() {} }, cacheTextsMax: 1 });
  const values = new Float32Array(rows.length * embedder.dimensions);
  for (let at = 0; at < rows.length; at += 1_024) {
    const vectors = await embedder.embed(rows.slice(at, at + 1_024).map(({ prompt }) => prompt));
    for (const [i, vector] of vectors.entries()) values.set(vector, (at + i) * embedder.dimensions);
  }
  await embedder.stop();
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(file, Buffer.from(values.buffer));
  return values;
}
