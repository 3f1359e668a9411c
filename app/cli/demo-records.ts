import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AppError } from '../../core/errors.ts';
import type { Inference } from '../../core/inference.ts';
import { seededRandom } from '../../core/seeded-random.ts';

/** One row of demo/llmdrift_prime.jsonl.gz; fields that the demo does not use are left out. */
export interface LlmdriftRow {
  readonly prompt: string;
  readonly response: string;
  /** The answer key: `yes` for a prime number. */
  readonly reference: string;
  readonly model: string;
  readonly model_version: string;
  /** `2023-03` or `2023-06`. */
  readonly period: string;
  readonly latency_s: number;
  readonly cost_usd: number;
  readonly answer_tokens: number;
  readonly score: number;
}

export interface DemoData {
  readonly rows: readonly LlmdriftRow[];
  /** Milliseconds since the first arrival, ascending. */
  readonly arrivalOffsetsMs: readonly number[];
}

export interface DemoOptions {
  /** Timestamp of the last record. */
  readonly endAt: Date;
  /** Time from the first record to the last. */
  readonly spanMs: number;
  /** Starts every id: another run with another prefix is other inferences, one with the same is the same ones. */
  readonly idPrefix: string;
  /** Any integer; the same seed gives the same order. */
  readonly seed: number;
}

/**
 * The demo's records, oldest first: every row of the old versions, then every row of the new ones. Models are
 * interleaved and rows shuffled within their version; arrivals keep the rhythm of the trace, scaled to `spanMs`.
 *
 * @param data rows and at least two arrivals; not modified
 */
export function demoRecords(data: DemoData, { endAt, spanMs, idPrefix, seed }: DemoOptions): Inference[] {
  const random = seededRandom(seed);
  const periods = [...new Set(data.rows.map((row) => row.period))].sort();
  const ordered = periods.flatMap((period) =>
    shuffled(
      data.rows.filter((row) => row.period === period),
      random,
    ),
  );
  const offsetsMs = scaledOffsets(data.arrivalOffsetsMs, { count: ordered.length, spanMs });
  const startMs = endAt.getTime() - spanMs;
  return ordered.map((row, index) =>
    toInference(row, {
      id: `${idPrefix}${String(index).padStart(4, '0')}`,
      timestamp: new Date(startMs + (offsetsMs[index] ?? 0)).toISOString(),
    }),
  );
}

/**
 * Reads the two files of the demo, about 4,000 rows and 19,000 arrivals.
 *
 * @param folder the `demo` folder of the package
 * @throws AppError `not_found` when a file is missing
 */
export function readDemoData(folder: string): DemoData {
  return {
    rows: gunzippedLines(join(folder, 'llmdrift_prime.jsonl.gz')).map((line) => JSON.parse(line)),
    arrivalOffsetsMs: gunzippedLines(join(folder, 'azure_arrivals.csv.gz')).slice(1).map(Number),
  };
}

function toInference(row: LlmdriftRow, { id, timestamp }: { id: string; timestamp: string }): Inference {
  return {
    id,
    timestamp,
    environment: 'demo',
    provider: 'openai',
    model: row.model,
    version: row.model_version,
    operation: 'chat',
    prompt_name: 'prime',
    prompt: row.prompt,
    response: row.response,
    status: 'ok',
    // Rounding takes off the noise of binary fractions (4291.574717000001), nothing that was measured.
    latency_ms: Math.round(row.latency_s * 1e6) / 1e3,
    output_tokens: row.answer_tokens,
    cost_usd: row.cost_usd,
    attributes: { number: row.reference.toLowerCase() === 'yes' ? 'prime' : 'composite' },
    scores: { correct: row.score },
  };
}

/** `count` offsets in [0, spanMs], ascending, the first 0 and the last spanMs: every k-th of the trace, scaled. */
function scaledOffsets(
  offsetsMs: readonly number[],
  { count, spanMs }: { count: number; spanMs: number },
): number[] {
  const [first, last] = [offsetsMs[0], offsetsMs.at(-1)];
  if (first === undefined || last === undefined || last <= first) {
    throw new AppError('invalid_input', 'the arrival trace needs two different instants');
  }
  return Array.from({ length: count }, (_, index) => {
    const at = count === 1 ? 0 : Math.round((index * (offsetsMs.length - 1)) / (count - 1));
    return Math.round((((offsetsMs[at] ?? last) - first) * spanMs) / (last - first));
  });
}

/** Fisher–Yates on a copy. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}

function gunzippedLines(path: string): string[] {
  try {
    return gunzipSync(readFileSync(path)).toString('utf8').split('\n').filter(Boolean);
  } catch (cause) {
    throw new AppError('not_found', `cannot read ${path}; install the package again`, { cause, path });
  }
}
