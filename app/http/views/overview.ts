import { overviewAnswer, overviewSignals } from '../../../dashboards/page/answers.ts';
import type { Overview } from '../../../dashboards/page/api.ts';
import { alignedRange } from '../../../dashboards/page/time-range.ts';
import { FINDING_AGE_MS_MAX, OPEN_INCIDENTS_MAX } from './bounds.ts';
import type { ViewReader } from './view-reader.ts';

const STREAMS_MAX = 200;
const DAY_MS = 86_400_000;
const SPARK_BUCKETS = 48;

/** What is watched, how it is, and what is open. */
export async function overview(
  reader: ViewReader,
  { project, now }: { project: string; now: Date },
): Promise<Overview> {
  const everything = { project, stream: null, segment: '' };
  const [totals, incidents] = await Promise.all([
    reader.streamTotals({ ...everything, now, limit: STREAMS_MAX }),
    reader.incidentList({ project, stream: null, state: 'unclosed', limit: OPEN_INCIDENTS_MAX }),
  ]);
  if (totals.length === 0) {
    return overviewAnswer({ now, totals, incidents, findings: [], buckets: [], bucketsMax: 0 });
  }
  const lastSeenMs = totals.map(({ lastSeen }) => lastSeen.getTime());
  const findings = await reader.latestFindings({
    ...everything,
    since: new Date(Math.min(...lastSeenMs) - FINDING_AGE_MS_MAX),
  });
  const untilMs = Math.max(...lastSeenMs) + 1;
  const firstMs = Math.min(...totals.map(({ firstSeen }) => firstSeen.getTime()));
  const window = alignedRange({
    sinceMs: Math.max(untilMs - DAY_MS, firstMs),
    untilMs,
    bucketsMax: SPARK_BUCKETS,
  });
  const buckets = await reader.signalSeries({
    ...window,
    ...everything,
    signals: overviewSignals(incidents, findings),
  });
  const bucketsMax = (window.until.getTime() - window.since.getTime()) / window.stepMs;
  return overviewAnswer({ now, totals, incidents, findings, buckets, bucketsMax });
}
