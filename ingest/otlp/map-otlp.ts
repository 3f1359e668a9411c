import type { Score } from '../../core/score.ts';
import type { Content } from './content.ts';
import { decodeLogRecords, decodeSpans, type OtlpEncoding } from './decode.ts';
import { mapLogRecords } from './map-logs.ts';
import { mapSpans } from './map-spans.ts';
import type { Draft } from './span-record.ts';
import type { DecodeBounds } from './telemetry.ts';

export type OtlpSignal = 'traces' | 'logs';

export interface OtlpRequest {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  /** Whose data it is; the default project if absent. */
  readonly project?: string;
  readonly now: Date;
  readonly bounds: DecodeBounds;
}

/** A span or log record that was refused; its neighbours were not. */
export interface OtlpRejection {
  /** Place among the spans or log records of the request, from 0. */
  readonly index: number;
  readonly reason: string;
}

/** Records as lines of JSON for the check, with the place in the request that each came from. */
export interface Lines {
  readonly lines: Uint8Array;
  readonly places: Uint32Array;
}

export interface MappedOtlp {
  readonly inferences: Lines;
  readonly scores: Lines;
  readonly contents: readonly Content[];
  /** Spans or log records in the request. */
  readonly items: number;
  /** Those that are no inference, or the same one again; nothing is wrong with them. */
  readonly ignored: number;
  readonly rejected: readonly OtlpRejection[];
}

/** What the mapping of one signal gives, before it is written down. */
export interface Mapping {
  readonly inferences: readonly Placed<Draft>[];
  readonly scores: readonly Placed<Score>[];
  readonly contents: readonly Content[];
  readonly items: number;
  readonly ignored: number;
  readonly rejected: readonly OtlpRejection[];
}

export interface Placed<Item> {
  readonly item: Item;
  readonly index: number;
}

/**
 * An export request as records, scores and pieces of content. Spans that are no call of a model and log records that say
 * nothing of one are ignored. Linear in the body.
 *
 * @throws AppError `invalid_input` when the body cannot be decoded, `too_large` above `bounds.itemsMax` spans or log records
 */
export function mapOtlp(body: Uint8Array, request: OtlpRequest): MappedOtlp {
  const { encoding, bounds, project } = request;
  const mapping =
    request.signal === 'traces'
      ? mapSpans(decodeSpans({ body, encoding, bounds }))
      : mapLogRecords(decodeLogRecords({ body, encoding, bounds }), request);
  const { inferences, scores, ...rest } = mapping;
  return { ...rest, inferences: written(inferences, project), scores: written(scores, project) };
}

function written(items: readonly Placed<object>[], project: string | undefined): Lines {
  const lines = items.map(
    ({ item }) => `${JSON.stringify(project === undefined ? item : { ...item, project })}\n`,
  );
  return { lines: Buffer.from(lines.join('')), places: Uint32Array.from(items, ({ index }) => index) };
}
