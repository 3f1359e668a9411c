import type { Inference } from '../../core/inference.ts';
import type { Score } from '../../core/score.ts';
import type { OtlpEncoding } from '../../ingest/otlp/decode.ts';
import { type MappedOtlp, mapOtlp } from '../../ingest/otlp/map-otlp.ts';
import type { OtlpSignal } from '../../ingest/otlp/mapping.ts';

export const BOUNDS = { itemsMax: 10_000, itemBytesMax: 2 ** 20 };
export const NOW = new Date('2026-11-25T12:00:00Z');

export type Mapped = Omit<MappedOtlp, 'inferences' | 'scores'> & {
  readonly records: readonly Inference[];
  readonly scores: readonly Score[];
};

/** What a request maps to, with its lines parsed. */
export function mapped(
  body: Uint8Array,
  { signal = 'traces', encoding = 'json', project }: Partial<Task> = {},
): Mapped {
  const { inferences, scores, ...rest } = mapOtlp(body, {
    signal,
    encoding,
    now: NOW,
    bounds: BOUNDS,
    ...(project === undefined ? {} : { project }),
  });
  return { ...rest, records: parsed(inferences.lines), scores: parsed(scores.lines) };
}

interface Task {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  readonly project: string;
}

function parsed<Item>(lines: Uint8Array): Item[] {
  return Buffer.from(lines)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Item);
}
