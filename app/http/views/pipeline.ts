import type { DeliveryLine, PipelineAnswer } from '../../../dashboards/page/api-views.ts';
import type { DeliveryRecord } from '../../../sql/queries/delivery-list.ts';
import { DELIVERIES_SPAN_MS, receiverLines } from './rules.ts';
import type { ViewReader } from './view-reader.ts';

const MINUTE_MS = 60_000;
const ARRIVAL_MINUTES = 180;
const TROUBLED_MAX = 50;

/** Whether what arrives becomes findings and messages. What the process knows of itself is of all projects. */
export async function pipelineAnswer(
  reader: ViewReader,
  { project, now }: { project: string; now: Date },
): Promise<PipelineAnswer> {
  const until = new Date(Math.ceil(now.getTime() / MINUTE_MS) * MINUTE_MS);
  const since = new Date(until.getTime() - ARRIVAL_MINUTES * MINUTE_MS);
  const [counts, latest, totals, troubled, process] = await Promise.all([
    reader.arrivalsByMinute({ project, since, until }),
    reader.pipelineLatest({ project, now }),
    reader.receiverTotals({ project, since: new Date(now.getTime() - DELIVERIES_SPAN_MS) }),
    reader.deliveryList({ project, incidentId: '', isTroubled: true, limit: TROUBLED_MAX }),
    project === '' ? reader.process() : null,
  ]);
  const instant = (at: Date | null): string | null => at?.toISOString() ?? null;
  return {
    now: now.toISOString(),
    arrivals: { since: since.toISOString(), stepMs: MINUTE_MS, counts },
    latest: {
      inference: instant(latest.inference),
      embedding: instant(latest.embedding),
      finding: instant(latest.finding),
      incident: instant(latest.incident),
    },
    receivers: receiverLines(reader.alertSettings().receivers, totals),
    troubled: troubled.map(deliveryLine),
    process,
  };
}

/** A delivery as JSON carries it. */
export function deliveryLine({ decidedAt, nextAt, sentAt, ...row }: DeliveryRecord): DeliveryLine {
  return {
    ...row,
    decidedAt: decidedAt.toISOString(),
    nextAt: nextAt.toISOString(),
    sentAt: sentAt?.toISOString() ?? null,
  };
}
