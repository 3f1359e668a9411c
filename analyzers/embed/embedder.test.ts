import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../core/log.ts';
import { packageRoot } from '../../core/package-root.ts';
import { type Embedder, type EmbedderOptions, startEmbedder } from './embedder.ts';

const log = createLogger('silent');
const TINY = join(packageRoot, 'test/golden/embed-models/tiny');

/** A worker of two dimensions that obeys its texts: `crash`, `hold`, `broken`; other texts have the vector (length, 1). */
const PUPPET = `
const { parentPort } = require('node:worker_threads');
const info = { identity: 'puppet', dimensions: 2 };
parentPort.on('message', (message) => {
  if (message.kind === 'stop') return parentPort.close();
  if (message.texts.includes('crash')) process.exit(7);
  if (message.texts.includes('throw')) throw new Error('out of order');
  if (message.texts.includes('hold')) return;
  if (message.texts.includes('broken'))
    return parentPort.postMessage({ kind: 'failed', id: message.id, failure: { code: null, message: 'a bug' } });
  const values = Float32Array.from(message.texts.flatMap((text) => [text.length, 1]));
  parentPort.postMessage({ kind: 'vectors', id: message.id, values });
});
parentPort.postMessage({ kind: 'ready', info });
`;

let folder: string;
let workerFile: string;
const started: Embedder[] = [];

async function start(options: Partial<EmbedderOptions> = {}): Promise<Embedder> {
  const embedder = await startEmbedder({ device: 'cpu', log, ...options });
  started.push(embedder);
  return embedder;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-embedder-'));
  workerFile = join(folder, 'puppet.cjs');
  await writeFile(workerFile, PUPPET);
});
afterAll(async () => {
  for (const embedder of started) await embedder.stop();
  await rm(folder, { recursive: true });
});

describe('the embedder on the shipped model', () => {
  it('embeds calls at once, in order, equal texts alike, and the empty text', async () => {
    const embedder = await start();
    const texts = ['No', '', 'word '.repeat(300), 'No'];
    const [first, second] = await Promise.all([embedder.embed(texts), embedder.embed(texts.toReversed())]);
    expect(first.map((vector) => vector.length)).toEqual([384, 384, 384, 384]);
    expect(first[0]).toEqual(first[3]);
    expect(first).toEqual(second.toReversed());
    expect(first[1]?.some((value) => value !== 0)).toBe(true);
    expect(await embedder.embed([])).toEqual([]);
    expect(embedder.queue()).toEqual({ texts: 0, bytes: 0 });
  });
});

describe('the embedder', () => {
  it('keeps the order over many parts', async () => {
    const embedder = await start({ workerFile });
    const texts = Array.from({ length: 1_000 }, (_, index) => 'x'.repeat(index));
    expect((await embedder.embed(texts)).map(([length]) => length)).toEqual(texts.map((text) => text.length));
  });

  it('refuses what its queue cannot hold, and counts what it holds', async () => {
    const embedder = await start({ workerFile, queueTextsMax: 3, queueBytesMax: 100 });
    await expect(embedder.embed(['a', 'b', 'c', 'd'])).rejects.toMatchObject({ code: 'too_large' });
    await expect(embedder.embed(['x'.repeat(51)])).rejects.toMatchObject({ code: 'too_large' });
    const held = embedder.embed(['hold', 'b']);
    expect(embedder.queue()).toEqual({ texts: 2, bytes: 10 });
    await expect(embedder.embed(['c', 'd'])).rejects.toMatchObject({ code: 'overloaded' });
    await expect(embedder.embed(['x'.repeat(46)])).rejects.toMatchObject({ code: 'overloaded' });
    expect(await embedder.embed(['c'])).toHaveLength(1);
    const outcome = expect(held).rejects.toThrow(/stopped/);
    await embedder.stop();
    await outcome;
    expect(embedder.queue()).toEqual({ texts: 0, bytes: 0 });
  });

  it.each([
    ['crash', /exit code 7/],
    ['throw', /out of order/],
  ])(
    'rejects what was asked when the worker ends (%s), and starts another when asked again',
    async (how, message) => {
      const embedder = await start({ workerFile });
      const outcomes = await Promise.allSettled([
        embedder.embed(['hold']),
        embedder.embed([how]),
        embedder.embed(['hold']),
      ]);
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'upstream_unavailable' } });
        expect(String((outcome as PromiseRejectedResult).reason)).toMatch(message);
      }
      const again = await Promise.all([embedder.embed(['abc']), embedder.embed(['de'])]);
      expect(again).toEqual([[Float32Array.of(3, 1)], [Float32Array.of(2, 1)]]);
    },
  );

  it('ends a worker that does not answer', async () => {
    const embedder = await start({ workerFile, silenceMsMax: 50 });
    await expect(embedder.embed(['hold'])).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await embedder.embed(['ab'])).toEqual([Float32Array.of(2, 1)]);
  });

  it('fails one call for a fault in one call', async () => {
    const embedder = await start({ workerFile });
    const outcomes = await Promise.allSettled([embedder.embed(['broken']), embedder.embed(['ab'])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('passes on why a model cannot be loaded', async () => {
    const starting = startEmbedder({ device: 'cpu', log, modelFolder: join(folder, 'gone') });
    await expect(starting).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('says that it was stopped, and stops twice', async () => {
    const embedder = await start({ workerFile });
    await embedder.stop();
    await embedder.stop();
    await expect(embedder.embed(['a'])).rejects.toThrow(/stopped/);
  });
});

/** Runs a script on the built code; resolves with its exit code and output when the process ends of itself. */
async function runToEnd(script: string): Promise<{ exitCode: unknown; output: string }> {
  const url = pathToFileURL(join(packageRoot, 'dist/analyzers/embed/embedder.js')).href;
  const head = `import { startEmbedder } from '${url}'; const log = { info() {}, warn() {} }; const modelFolder = '${TINY}';`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', head + script], { timeout: 25_000 });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const [exitCode] = await once(child, 'exit');
  return { exitCode, output };
}

describe('a process', () => {
  it.each([
    [
      'was used',
      `const e = await startEmbedder({ device: 'cpu', log, modelFolder }); await e.embed(['good']); await e.stop();`,
    ],
    ['was not used', `const e = await startEmbedder({ device: 'cpu', log, modelFolder }); await e.stop();`],
    [
      'is stopped at work',
      `const e = await startEmbedder({ device: 'cpu', log, modelFolder });
       const asked = e.embed(Array.from({ length: 5000 }, (_, i) => 'good '.repeat(i % 30) + i)).catch((error) => error.code);
       await e.stop(); if (await asked !== 'upstream_unavailable') process.exit(3);`,
    ],
    [
      'could not start',
      `const code = await startEmbedder({ device: 'cpu', log, modelFolder: 'gone' }).catch((error) => error.code);
       if (code !== 'invalid_input') process.exit(3);`,
    ],
  ])('ends of itself when the embedder %s', async (_, script) => {
    expect(await runToEnd(script)).toEqual({ exitCode: 0, output: '' });
  });
});
