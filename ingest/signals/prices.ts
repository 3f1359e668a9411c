import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { packageRoot } from '../../core/package-root.ts';

const UsdPerMillion = z.number().nonnegative().max(1_000_000);
const Price = z.strictObject({
  input: UsdPerMillion,
  output: UsdPerMillion,
  /** Price of input tokens served from a cache; the input price where absent. */
  cached: UsdPerMillion.optional(),
});
const Schema = z.strictObject({
  as_of: z.iso.date(),
  currency: z.literal('USD'),
  per_tokens: z.literal(1_000_000),
  note: z.string().optional(),
  models: z.record(z.string().min(1), Price),
});

/** USD for a million tokens, which is the same number as µ$ for one token. */
export type Price = Readonly<z.infer<typeof Price>>;
/** Prices by the beginning of a model's name, as of one day. */
export type PriceTable = Readonly<z.infer<typeof Schema>>;

const DEFAULT_FILE = join('ingest', 'signals', 'prices.json');

/**
 * Reads a price table: the one shipped, or the user's.
 *
 * @throws AppError `invalid_input` that names the file and each problem
 */
export function loadPrices(path: string = join(packageRoot, DEFAULT_FILE)): PriceTable {
  try {
    return parsePrices(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new AppError('invalid_input', `price table ${path}: ${problem}`, { cause: error, path });
  }
}

/**
 * Checks a price table.
 *
 * @throws AppError `invalid_input` that names each problem by its place: `models.gpt-4.input: …`
 */
export function parsePrices(value: unknown): PriceTable {
  const result = Schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'table'}: ${issue.message}`);
  throw new AppError('invalid_input', problems.join('; '), { cause: result.error });
}

/** Names seen are kept up to this number; a client that invents names cannot fill the memory. */
const NAMES_MAX = 10_000;

/**
 * Finder of the price of a model: the entry with the longest name that begins `model-version` or `model`, at the
 * end of a part ("gpt-4" begins "gpt-4-0613", not "gpt-4o" or "gpt-4.1"). The maker's prefix is left aside
 * ("openai/gpt-4o", "us.anthropic.claude-3-haiku-20240307-v1:0", "models/gemini-1.5-pro"). Case and "_" for "-"
 * do not matter. Undefined when no entry fits.
 */
export function createPriceFinder(table: PriceTable): (model: string, version?: string) => Price | undefined {
  const entries = Object.entries(table.models)
    .map(([name, price]) => ({ name: normalize(name), price }))
    .sort((a, b) => b.name.length - a.name.length);
  const known = new Map<string, Price | undefined>();
  return (model, version) => {
    const key = version === undefined || version === '' ? model : `${model}-${version}`;
    if (known.has(key)) return known.get(key);
    const names = [key, model].flatMap(spellings);
    const price = entries.find(({ name }) => names.some((candidate) => begins(candidate, name)))?.price;
    if (known.size < NAMES_MAX) known.set(key, price);
    return price;
  };
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** The name, without its path, and without the dotted maker of Bedrock; "meta-llama-3" is "llama-3" as well. */
function spellings(name: string): string[] {
  const full = normalize(name.slice(0, 300));
  const last = full.slice(full.lastIndexOf('/') + 1);
  const bare = last.replace(/^(?:[a-z]+\.){1,2}(?=[a-z])/, '').replace(/^meta-(?=llama)/, '');
  const spaced = bare.replace(/^llama(?=\d)/, 'llama-').replace(/^llama-(\d)-(\d)-/, 'llama-$1.$2-');
  return [full, last, bare, spaced];
}

function begins(name: string, prefix: string): boolean {
  if (!name.startsWith(prefix)) return false;
  const rest = name.slice(prefix.length);
  return !/^(?:[a-z0-9]|\.\d)/.test(rest);
}
