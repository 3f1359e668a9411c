import type { CheckBody, CheckedParts, CheckOptions, Rejection } from '../check-block.ts';
import type { Content } from './content.ts';
import { type Lines, mapOtlp } from './map-otlp.ts';
import type { OtlpRejection, OtlpRequest } from './mapping.ts';

/** What is told of an export beside its body. */
export type OtlpTask = Pick<OtlpRequest, 'signal' | 'encoding' | 'project'>;

/** What became of an export. Places in it count its spans, or its log records, from 0. */
export interface CheckedOtlp<Checked> {
  readonly inferences: Checked;
  readonly scores: Checked;
  readonly contents: Checked;
  /** Spans or log records in it. */
  readonly items: number;
  /** Those that are no inference, or the same one again. */
  readonly ignored: number;
  /** The first of those refused, by the mapping or by the check. */
  readonly rejected: readonly OtlpRejection[];
  readonly rejectedCount: number;
}

/**
 * Makes the check of exports out of the check of records: what they map to is checked as if it had been sent as lines.
 * The function throws AppError `invalid_input` when the export cannot be decoded, `too_large` above `rowsMax` items.
 */
export function createOtlpCheck(
  check: CheckBody,
  { rowsMax, recordBytesMax, rejectionsMax }: CheckOptions,
): (body: Uint8Array, task: OtlpTask, now: Date) => CheckedOtlp<CheckedParts> {
  const bounds = { itemsMax: rowsMax, itemBytesMax: recordBytesMax };
  return (body, task, now) => {
    const mapped = mapOtlp(body, { ...task, now, bounds });
    const inferences = check(mapped.inferences.lines, { kind: 'inference', now });
    const scores = check(mapped.scores.lines, { kind: 'score', now });
    const contents = check(linesOf(mapped.contents), { kind: 'content', now });
    const rejected = [
      ...mapped.rejected,
      ...placed(inferences.rejections, mapped.inferences),
      ...placed(scores.rejections, mapped.scores),
      ...placed(contents.rejections, { places: new Uint32Array() }),
    ];
    return {
      inferences: {
        ...inferences,
        indexes: inferences.indexes.map((row) => mapped.inferences.places[row] ?? 0),
      },
      scores: { ...scores, indexes: scores.indexes.map((row) => mapped.scores.places[row] ?? 0) },
      contents,
      items: mapped.items,
      ignored: mapped.ignored,
      rejected: rejected.sort((a, b) => a.index - b.index).slice(0, rejectionsMax),
      rejectedCount:
        mapped.rejected.length + inferences.rejectedCount + scores.rejectedCount + contents.rejectedCount,
    };
  };
}

function linesOf(contents: readonly Content[]): Uint8Array {
  return Buffer.from(contents.map((content) => `${JSON.stringify(content)}\n`).join(''));
}

function placed(rejections: readonly Rejection[], { places }: Pick<Lines, 'places'>): OtlpRejection[] {
  return rejections.map(({ index, field, reason }) => ({
    index: places[index] ?? 0,
    reason: field === '' ? reason : `${field}: ${reason}`,
  }));
}
