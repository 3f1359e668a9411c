import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { packageRoot } from '../../core/package-root.ts';
import type { Pooling } from './identity.ts';

/** A sentence model on disk, read but not yet loaded. */
export interface ModelFolder {
  readonly modelPath: string;
  /** Parsed `tokenizer.json`. */
  readonly tokenizerFile: object;
  /** SHA-256 in hexadecimal of the model, its external data in order of name, and the tokenizer. */
  readonly fileHashes: readonly string[];
  readonly pooling: Pooling;
  readonly tokensMax: number;
  /** Name of the output to use; null: chosen from those that the model has. */
  readonly outputName: string | null;
  /** Activations are quantised by a scale taken over the whole batch, so a text must run alone. */
  readonly isDynamicallyQuantised: boolean;
}

/** The model that is shipped: all-MiniLM-L6-v2, 8-bit. */
export const SHIPPED_MODEL_FOLDER: string = join(packageRoot, 'analyzers', 'embed', 'model');

/** `embedder.json` beside another model: what its ONNX file does not say. */
const Settings = z.strictObject({
  pooling: z.enum(['mean', 'cls']).default('mean'),
  /** Special tokens included. Attention costs the square of it. */
  maxTokens: z.number().int().min(8).max(8_192).default(256),
  output: z.string().optional(),
});

/** Operators that take one scale over all texts of a batch: DynamicQuantizeLinear, …MatMul, …LSTM. */
const BATCH_WIDE_OPERATOR = 'DynamicQuantize';

/**
 * Reads a folder that holds `model.onnx`, `tokenizer.json` and, if the defaults (mean pooling, 256 tokens) do not fit,
 * `embedder.json`. Weights beside the file (`model.onnx_data`, `model.onnx.data`) count as part of it.
 *
 * @throws AppError `invalid_input` that names the file at fault
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new AppError('invalid_input', `EMBEDDINGS_MODEL: cannot read the folder ${folder}`, { cause });
  });
  const modelPath = join(folder, 'model.onnx');
  const model = await readPart(folder, 'model.onnx');
  const tokenizer = await readPart(folder, 'tokenizer.json');
  const dataNames = names.filter((name) => /^model\.onnx[._]data/.test(name)).sort();
  const dataHashes: string[] = [];
  for (const name of dataNames) dataHashes.push(sha256(await readPart(folder, name)));
  const settings = names.includes('embedder.json')
    ? readSettings(folder, await readPart(folder, 'embedder.json'))
    : Settings.parse({});
  return {
    modelPath,
    tokenizerFile: parseObject(folder, 'tokenizer.json', tokenizer),
    fileHashes: [sha256(model), ...dataHashes, sha256(tokenizer)],
    pooling: settings.pooling,
    tokensMax: settings.maxTokens,
    outputName: settings.output ?? null,
    isDynamicallyQuantised: model.includes(BATCH_WIDE_OPERATOR),
  };
}

async function readPart(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    throw new AppError('invalid_input', `EMBEDDINGS_MODEL: ${join(folder, name)} cannot be read`, { cause });
  }
}

function readSettings(folder: string, content: Buffer): z.infer<typeof Settings> {
  const parsed = Settings.safeParse(parseObject(folder, 'embedder.json', content));
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_input', `${join(folder, 'embedder.json')}: ${z.prettifyError(parsed.error)}`);
}

function parseObject(folder: string, name: string, content: Buffer): object {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(content.toString()));
  } catch (cause) {
    throw new AppError('invalid_input', `${join(folder, name)} is not a JSON object`, { cause });
  }
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
