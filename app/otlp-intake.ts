import type { RecordKind } from '../ingest/check-block.ts';
import type { CheckPool } from '../ingest/check-pool.ts';
import type { Writer } from '../ingest/writer.ts';
import type { OtlpIntake } from './http/otlp.ts';

/**
 * The way of an OpenTelemetry export: its records, scores and pieces of content, checked, each to its writer. One that
 * fails half-way is sent again, and repeats change nothing.
 */
export function createOtlpIntake(pool: CheckPool, writers: Readonly<Record<RecordKind, Writer>>): OtlpIntake {
  return {
    async submit({ body, ...task }) {
      const checked = await pool.checkOtlp(body, { ...task, now: new Date() });
      const { inferences, scores, contents, items, ignored } = checked;
      const submitted = await Promise.all([
        writers.inference.submit(inferences.block),
        writers.score.submit(scores.block),
        writers.content.submit(contents.block),
      ]);
      const refused = [inferences, scores, contents].flatMap(({ indexes }, kind) =>
        (submitted[kind] ?? []).map(({ row, reason }) => ({ index: indexes[row] ?? 0, reason })),
      );
      const rejectedCount = checked.rejectedCount + refused.length;
      return {
        accepted: Math.max(0, items - ignored - rejectedCount),
        ignored,
        rejectedCount,
        rejected: [...checked.rejected, ...refused].sort((a, b) => a.index - b.index),
      };
    },
  };
}
