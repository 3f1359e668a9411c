import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../core/errors.ts';
import { type Device, openSession, type ProviderInfo } from './execution-provider.ts';
import { embedderIdentity, type Pooling } from './identity.ts';
import { type ModelFolder, readModelFolder } from './model-folder.ts';
import { vectorsOf } from './pooling.ts';
import { createTokenizer, type TextTokenizer } from './tokenize.ts';

/** What was loaded, and how it runs. */
export interface ModelInfo extends ProviderInfo {
  readonly identity: string;
  readonly dimensions: number;
  readonly precision: string;
  readonly pooling: Pooling;
  readonly tokensMax: number;
  /** `alone`: a text per batch, since its vector would depend on its neighbours. */
  readonly batching: 'alone' | 'batched';
  /** Why texts run alone; null if they do not. */
  readonly batchingReason: string | null;
}

export interface SentenceModel {
  readonly info: ModelInfo;
  /** Vectors of length 1, in the order of the texts: one text, one vector, to 1e-5, whatever it travelled with. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

/** Texts per batch: gains above 16 are below 5 % on a CPU, while padding grows. A GPU wants more. */
const BATCH_TEXTS_MAX = { cpu: 16, cuda: 128 };
/** Bounds the memory of a batch of long texts. */
const BATCH_TOKENS_MAX = 32_768;
/** A larger difference between a text alone and in company means that the model must not be batched. */
const COMPANY_TOLERANCE = 1e-5;

const KNOWN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids'];
const OUTPUTS = ['last_hidden_state', 'sentence_embedding'];

/**
 * Loads a sentence model. A file that is not known to be dynamically quantised is tried: if a text gets another vector
 * in company than alone, its texts run alone too.
 *
 * @throws AppError as readModelFolder and openSession do; `unsupported` for inputs or outputs we cannot serve
 */
export async function loadSentenceModel(
  folder: string,
  { device, threads }: { device: Device; threads: number },
): Promise<SentenceModel> {
  const files = await readModelFolder(folder);
  const { session, info: provider } = await openSession(files.modelPath, {
    device,
    threads,
    avoidsGpu: files.isDynamicallyQuantised,
  });
  const outputName = chooseOutput(session, files.outputName);
  checkInputs(session);
  const runner: Runner = {
    session,
    outputName,
    tokenizer: createTokenizer(files.tokenizerFile, files.tokensMax),
    pooling: files.pooling,
  };
  const batchingReason = files.isDynamicallyQuantised
    ? 'the file is dynamically quantised'
    : await whyAlone(runner);
  const limitTexts = batchingReason === null ? BATCH_TEXTS_MAX[provider.provider] : 1;
  const info = { ...provider, ...(await describe(files, runner)), batchingReason };
  return {
    info: { ...info, batching: batchingReason === null ? 'batched' : 'alone' },
    embed: (texts) => embedAll(runner, texts, limitTexts),
    close: () => session.release(),
  };
}

interface Runner {
  readonly session: InferenceSession;
  readonly outputName: string;
  readonly tokenizer: TextTokenizer;
  readonly pooling: Pooling;
}

async function embedAll(
  runner: Runner,
  texts: readonly string[],
  limitTexts: number,
): Promise<Float32Array[]> {
  const rows = texts.map((text, index) => ({ index, ids: runner.tokenizer.idsOf(text) }));
  const vectors: Float32Array[] = new Array(texts.length);
  for (const batch of batchesOf(rows, limitTexts)) {
    const found = await runBatch(runner, batch);
    for (const [place, { index }] of batch.entries()) vectors[index] = found[place] ?? new Float32Array();
  }
  return vectors;
}

interface Row {
  readonly index: number;
  readonly ids: readonly number[];
}

/** Rows of like length together, so that little is computed on padding; longest first. */
function batchesOf(rows: readonly Row[], limitTexts: number): Row[][] {
  const batches: Row[][] = [];
  let batch: Row[] = [];
  for (const row of rows.toSorted((a, b) => b.ids.length - a.ids.length)) {
    const tokens = (batch.length + 1) * (batch[0] ?? row).ids.length;
    if (batch.length > 0 && (batch.length >= limitTexts || tokens > BATCH_TOKENS_MAX)) {
      batches.push(batch);
      batch = [];
    }
    batch.push(row);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

async function runBatch(runner: Runner, batch: readonly Row[]): Promise<Float32Array[]> {
  const { session, outputName, tokenizer, pooling } = runner;
  const tokens = Math.max(...batch.map(({ ids }) => ids.length));
  const size = batch.length * tokens;
  const values: Readonly<Record<string, number[]>> = {
    input_ids: new Array<number>(size).fill(tokenizer.paddingId),
    attention_mask: new Array<number>(size).fill(0),
    token_type_ids: new Array<number>(size).fill(0),
  };
  for (const [row, { ids }] of batch.entries()) {
    for (const [column, id] of ids.entries()) {
      (values['input_ids'] ?? [])[row * tokens + column] = id;
      (values['attention_mask'] ?? [])[row * tokens + column] = 1;
    }
  }
  const feeds: Record<string, Tensor> = {};
  for (const input of session.inputMetadata) {
    const dims = [batch.length, tokens];
    const content = values[input.name] ?? [];
    feeds[input.name] =
      input.isTensor && input.type === 'int32'
        ? new Tensor('int32', Int32Array.from(content), dims)
        : new Tensor('int64', BigInt64Array.from(content, BigInt), dims);
  }
  const output = (await session.run(feeds, [outputName]))[outputName];
  if (output === undefined) throw new Error(`the model gave no ${outputName}`);
  const lengths = batch.map(({ ids }) => ids.length);
  return vectorsOf(output, { lengths, pooling });
}

/** Texts of unlike length: padding and neighbours are what a vector must not depend on. */
const PROBES = [
  'No',
  'The weather is lovely today.',
  'word '.repeat(60),
  'How do I reset my password? '.repeat(9),
];

async function whyAlone(runner: Runner): Promise<string | null> {
  const alone = await embedAll(runner, PROBES, 1);
  const together = await embedAll(runner, PROBES, PROBES.length);
  const gap = Math.max(
    ...alone.flatMap((vector, row) =>
      [...vector].map((value, column) => Math.abs(value - (together[row]?.[column] ?? Number.NaN))),
    ),
  );
  return gap <= COMPANY_TOLERANCE
    ? null
    : `a text alone and in company differ by ${gap.toPrecision(2)} in this model`;
}

async function describe(
  files: ModelFolder,
  runner: Runner,
): Promise<Pick<ModelInfo, 'identity' | 'dimensions' | 'precision' | 'pooling' | 'tokensMax'>> {
  const { fileHashes, pooling, tokensMax } = files;
  const output = runner.session.outputMetadata.find(({ name }) => name === runner.outputName);
  const type = output?.isTensor ? output.type : 'float32';
  const precision = files.isDynamicallyQuantised ? 'dynamic-int8' : type;
  const [probe] = await embedAll(runner, [''], 1);
  return {
    identity: embedderIdentity({ fileHashes, precision, pooling, tokensMax }),
    dimensions: probe?.length ?? 0,
    precision,
    pooling,
    tokensMax,
  };
}

function chooseOutput(session: InferenceSession, wanted: string | null): string {
  const candidates = wanted === null ? OUTPUTS : [wanted];
  const found = candidates.find((name) => session.outputNames.includes(name));
  if (found !== undefined) return found;
  throw new AppError(
    'unsupported',
    `the embedding model has no output ${candidates.join(' or ')} but ${session.outputNames.join(', ')}; name one in embedder.json ("output")`,
  );
}

function checkInputs(session: InferenceSession): void {
  const unknown = session.inputNames.filter((name) => !KNOWN_INPUTS.includes(name));
  if (unknown.length === 0) return;
  throw new AppError(
    'unsupported',
    `the embedding model asks for ${unknown.join(', ')}; ${KNOWN_INPUTS.join(', ')} can be given`,
  );
}
