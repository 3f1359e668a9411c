import type { Content } from './content.ts';
import { decodeLogRecords, decodeSpans } from './decode.ts';
import { mapLogRecords } from './map-logs.ts';
import { mapSpans } from './map-spans.ts';
import type { OtlpRejection, OtlpRequest, Placed } from './mapping.ts';

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
  const texts = items.map(
    ({ item }) => `${JSON.stringify(project === undefined ? item : { ...item, project })}\n`,
  );
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const lines = Buffer.allocUnsafeSlow(bytes);
  let at = 0;
  for (const text of texts) at += lines.write(text, at);
  return { lines, places: Uint32Array.from(items, ({ index }) => index) };
}
