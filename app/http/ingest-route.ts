import type { RequestHandler } from 'express';
import type { RecordKind, Rejection } from '../../ingest/check-block.ts';
import type { ProjectRule } from '../../ingest/project-rule.ts';
import { readBody } from './body.ts';
import type { ByteBudget } from './byte-budget.ts';
import { bodyAllowance, projectRuleOf } from './caller.ts';
import { clientDrops } from './client-drops.ts';
import type { IngestMetrics } from './metrics.ts';

/** What takes bodies of records to the store. */
export interface Intake {
  /**
   * Resolves when every good record of the body is stored. The body's memory may move to another thread.
   *
   * @param project where records may go; anywhere if absent
   */
  submit(kind: RecordKind, body: Uint8Array, project?: ProjectRule): Promise<IntakeOutcome>;
}

export interface IntakeOutcome {
  /** Records stored. */
  readonly accepted: number;
  /** The first of those refused, by place in the body. */
  readonly rejected: readonly Rejection[];
  readonly rejectedCount: number;
}

export interface IntakeOptions {
  /** Of one body, compressed as well as not. */
  readonly bodyBytesMax: number;
  /** Shared by all routes that take bodies. */
  readonly budget: ByteBudget;
  readonly metrics: IngestMetrics;
}

/** Refusals that an answer describes; the rest is counted. */
const REJECTIONS_SHOWN_MAX = 100;

/**
 * Takes a body of records and answers when the good ones are stored: 200 with what was refused, or 400 with the same
 * when all were. A body without records is fine.
 */
export function ingestRoute(kind: RecordKind, intake: Intake, options: IntakeOptions): RequestHandler {
  const { metrics } = options;
  return async (req, res) => {
    const { lease, bytesMax } = bodyAllowance(req, res, options);
    try {
      const body = await readBody(req, { bytesMax, lease });
      metrics.bodyBytes.inc(body.length);
      const { accepted, rejected, rejectedCount } = await intake.submit(kind, body, projectRuleOf(res));
      // Only of a body that is taken: one that comes again says it again.
      const drops = req.headers['plumbline-dropped'];
      for (const { reason, count } of clientDrops(drops?.toString()))
        metrics.clientDropped.inc({ reason }, count);
      metrics.records.inc({ kind, outcome: 'accepted' }, accepted);
      metrics.records.inc({ kind, outcome: 'rejected' }, rejectedCount);
      const isAllRejected = accepted === 0 && rejectedCount > 0;
      res.status(isAllRejected ? 400 : 200).json({
        accepted,
        rejected: rejected.slice(0, REJECTIONS_SHOWN_MAX),
        rejected_count: rejectedCount,
      });
    } finally {
      lease.release();
    }
  };
}
