import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { SHIPPED_MODEL_FOLDER } from './model-folder.ts';
import { loadSentenceModel, type SentenceModel } from './sentence-model.ts';

const GOLDEN = join(packageRoot, 'test/golden');
const CPU = { device: 'cpu', threads: 2 } as const;

async function golden<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(GOLDEN, name), 'utf8')) as T;
}

function dot(a: Float32Array, b: ArrayLike<number>): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
}

function gap(a: Float32Array, b: ArrayLike<number>): number {
  return Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? Number.NaN))));
}

/** Texts whose order and company must not matter: each alone, then all of them in the order given. */
async function gapInCompany(model: SentenceModel, texts: readonly string[]): Promise<number> {
  const together = await model.embed(texts);
  const gaps: number[] = [];
  for (const [index, text] of texts.entries()) {
    const [alone = new Float32Array()] = await model.embed([text]);
    gaps.push(gap(alone, together[index] ?? []));
  }
  return Math.max(...gaps);
}

describe('the shipped model', () => {
  let model: SentenceModel;
  beforeAll(async () => {
    model = await loadSentenceModel(SHIPPED_MODEL_FOLDER, CPU);
  });
  afterAll(() => model.close());

  it.each([
    ['model.onnx', 'afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1'],
    ['tokenizer.json', 'da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0'],
  ])('is the file that NOTICE names: %s', async (name, sha256) => {
    const content = await readFile(join(SHIPPED_MODEL_FOLDER, name));
    expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    expect(await readFile(join(SHIPPED_MODEL_FOLDER, 'NOTICE'), 'utf8')).toContain(sha256);
  });

  it('agrees with the float32 export of the same weights', async () => {
    const { cases } = await golden<{ cases: { text: string; fp32: number[] }[] }>('embed-oracle.json');
    const vectors = await model.embed(cases.map(({ text }) => text));
    for (const [index, { text, fp32 }] of cases.entries()) {
      const vector = vectors[index] ?? new Float32Array();
      expect(Math.sqrt(dot(vector, vector))).toBeCloseTo(1, 5);
      expect(dot(vector, fp32), JSON.stringify(text.slice(0, 60))).toBeGreaterThan(0.96);
    }
  });

  it('gives one text one vector, whatever it travelled with', async () => {
    const texts = [
      ...['No', 'word '.repeat(300), 'How do I reset my password?', '', 'The quick brown fox. '.repeat(20)],
      ...['No', '東京は日本の首都です。', 'I cannot assist with that request.'],
    ];
    expect(await gapInCompany(model, texts)).toBeLessThanOrEqual(1e-5);
    expect(await gapInCompany(model, texts.toReversed())).toBeLessThanOrEqual(1e-5);
  });

  it('says what it is', () => {
    expect(model.info).toMatchObject({
      provider: 'cpu',
      threads: 2,
      precision: 'dynamic-int8',
      batching: 'alone',
      dimensions: 384,
      tokensMax: 256,
      pooling: 'mean',
    });
  });
});

describe('another model', () => {
  interface Case {
    readonly text: string;
    readonly mean: number[];
    readonly cls: number[];
  }
  const open: SentenceModel[] = [];
  let folder: string;

  async function load(name: string): Promise<SentenceModel> {
    const model = await loadSentenceModel(join(GOLDEN, 'embed-models', name), CPU);
    open.push(model);
    return model;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plumbline-embed-'));
  });
  afterAll(async () => {
    for (const model of open) await model.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['tiny', 'mean'],
    ['tiny-cls', 'cls'],
  ] as const)('agrees with numpy, in one batch: %s', async (name, pooling) => {
    const { cases } = await golden<{ cases: Case[] }>('embed-models/oracle.json');
    const model = await load(name);
    expect(model.info).toMatchObject({ batching: 'batched', precision: 'float32', pooling, tokensMax: 32 });
    const vectors = await model.embed(cases.map(({ text }) => text));
    for (const [index, given] of cases.entries()) {
      expect(gap(vectors[index] ?? new Float32Array(), given[pooling])).toBeLessThan(1e-5);
    }
  });

  it('gives one text one vector in batches, whatever the order and the company', async () => {
    const model = await load('tiny');
    const Word = fc.constantFrom('the', 'good', 'bad', 'long', ',', 'unheard');
    const Text = fc.array(Word, { maxLength: 50 }).map((words) => words.join(' '));
    await fc.assert(
      fc.asyncProperty(fc.array(Text, { minLength: 1, maxLength: 40 }), async (texts) => {
        expect(await gapInCompany(model, texts)).toBeLessThanOrEqual(1e-5);
      }),
      { numRuns: 30 },
    );
  });

  it('runs texts alone where trying shows that company matters', async () => {
    const model = await load('leaky');
    expect(model.info.batching).toBe('alone');
    expect(model.info.batchingReason).toMatch(/differ by 0\.\d+/);
    expect(await gapInCompany(model, ['good', 'very '.repeat(20), 'bad'])).toBeLessThanOrEqual(1e-5);
  });

  it('has an identity of its own', async () => {
    const identities = (await Promise.all([load('tiny'), load('tiny-cls'), load('leaky')])).map(
      ({ info }) => info.identity,
    );
    expect(new Set(identities).size).toBe(3);
    expect((await load('tiny')).info.identity).toBe(identities[0]);
  });

  it.each([
    ['a setting that does not exist', '{"poolings":"mean"}', /embedder\.json/],
    ['settings that are no JSON', '{', /not a JSON object/],
    ['an output that the model lacks', '{"output":"pooler"}', /no output pooler but last_hidden_state/],
  ])('names %s', async (_, settings, message) => {
    await cp(join(GOLDEN, 'embed-models/tiny'), folder, { recursive: true });
    await writeFile(join(folder, 'embedder.json'), settings);
    await expect(loadSentenceModel(folder, CPU)).rejects.toThrow(message);
  });

  it('names a file that is no model, and a folder that is not there', async () => {
    await cp(join(GOLDEN, 'embed-models/tiny'), folder, { recursive: true });
    await writeFile(join(folder, 'model.onnx'), 'not a model');
    await expect(loadSentenceModel(folder, CPU)).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(loadSentenceModel(join(folder, 'gone'), CPU)).rejects.toThrow(/cannot read the folder/);
  });
});

const hasCuda = process.env['PLUMBLINE_TEST_CUDA'] === '1';

describe.skipIf(hasCuda)('a device that is not there', () => {
  const folder = join(GOLDEN, 'embed-models/tiny');

  it('is refused when asked for, with the mend', async () => {
    const loading = loadSentenceModel(folder, { device: 'cuda', threads: 2 });
    await expect(loading).rejects.toMatchObject({ code: 'unsupported' });
    await expect(loading).rejects.toThrow(/npm rebuild onnxruntime-node .*EMBEDDINGS_DEVICE=cpu/);
  });

  it('is replaced by the CPU when left to us, and that is said', async () => {
    const model = await loadSentenceModel(folder, { device: 'auto', threads: 2 });
    expect(model.info.provider).toBe('cpu');
    expect(model.info.reason).not.toBeNull();
    await model.close();
  });
});

it.runIf(hasCuda)('runs on a GPU and agrees with numpy', async () => {
  const { cases } = await golden<{ cases: { text: string; mean: number[] }[] }>('embed-models/oracle.json');
  const model = await loadSentenceModel(join(GOLDEN, 'embed-models/tiny'), { device: 'cuda', threads: 2 });
  expect(model.info.provider).toBe('cuda');
  const vectors = await model.embed(cases.map(({ text }) => text));
  // TF32 keeps 10 bits of a factor.
  for (const [index, { mean }] of cases.entries()) {
    expect(gap(vectors[index] ?? new Float32Array(), mean)).toBeLessThan(5e-3);
  }
  await model.close();
});
