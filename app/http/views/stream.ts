import { z } from 'zod';
import { AppError } from '../../../core/errors.ts';
import type { StreamKey } from '../../../core/finding.ts';
import { incidentLine, seriesOf, signalLines, totalsJson } from '../../../dashboards/page/answers.ts';
import type { Range, SeriesAnswer, StreamDetail } from '../../../dashboards/page/api.ts';
import { streamStatus } from '../../../dashboards/page/stream-status.ts';
import { alignedRange, timeRange } from '../../../dashboards/page/time-range.ts';
import type { StreamTotals } from '../../../sql/queries/stream-totals.ts';
import { FINDING_AGE_MS_MAX, OPEN_INCIDENTS_MAX } from './bounds.ts';
import type { StreamChoice, ViewReader } from './view-reader.ts';

const SERIES_BUCKETS_MAX = 120;

const Name = z.string().max(1000).default('');
/** Which stream a request is about. */
export const StreamQuery = z.object({
  project: z.string().max(1000).default('default'),
  model: z.string().min(1).max(1000),
  version: Name,
  segment: Name,
});

export type StreamRequest = { stream: StreamKey; project: string; now: Date };

/** Everything of one stream, as the queries take it. */
export function choiceOf({ project, model, version, segment }: StreamKey): StreamChoice {
  return { project, stream: { model, version }, segment };
}

/** Totals of one stream. @throws AppError `not_found` if there is none, or not for this caller */
export async function totalsOf(
  reader: ViewReader,
  { stream, project, now }: StreamRequest,
): Promise<StreamTotals> {
  const isReadable = project === '' || project === stream.project;
  const found = isReadable ? await reader.streamTotals({ ...choiceOf(stream), now, limit: 1 }) : [];
  if (!found[0]) throw new AppError('not_found', 'no inference of this model and version has been seen');
  return found[0];
}

/** The signals of one stream. */
export async function streamDetail(reader: ViewReader, request: StreamRequest): Promise<StreamDetail> {
  const { stream, now } = request;
  const totals = await totalsOf(reader, request);
  const { firstSeen, lastSeen } = totals;
  // One bucket is enough to know which signals there are, and over all of the stream cheap from the hours.
  const whole = alignedRange({
    sinceMs: firstSeen.getTime(),
    untilMs: lastSeen.getTime() + 1,
    bucketsMax: 1,
  });
  const [buckets, findings, incidents, baselines] = await Promise.all([
    reader.signalSeries({ ...whole, ...choiceOf(stream), signals: null }),
    reader.latestFindings({
      ...choiceOf(stream),
      since: new Date(lastSeen.getTime() - FINDING_AGE_MS_MAX),
    }),
    reader.incidentList({ project: stream.project, stream, state: 'all', limit: OPEN_INCIDENTS_MAX }),
    reader.baselines(stream),
  ]);
  const signals = signalLines({ buckets, findings, baselines });
  const openIncidents = incidents.filter(({ state }) => state === 'open').length;
  const { inferences, lastHour, ...seen } = totalsJson(totals);
  return {
    now: now.toISOString(),
    stream,
    status: streamStatus({ findings, openIncidents, signalsSeen: signals.length }),
    inferences,
    lastHour,
    firstSeen: seen.firstSeen,
    lastSeen: seen.lastSeen,
    signals,
    incidents: incidents.map(incidentLine),
  };
}

/** Time lines of one stream over a range. */
export async function seriesAnswer(
  reader: ViewReader,
  { range, ...request }: StreamRequest & { range: Range },
): Promise<SeriesAnswer> {
  const { stream, now } = request;
  const totals = await totalsOf(reader, request);
  const window = timeRange(range, { ...totals, now, bucketsMax: SERIES_BUCKETS_MAX });
  const buckets = await reader.signalSeries({ ...window, ...choiceOf(stream), signals: null });
  return {
    since: window.since.toISOString(),
    until: window.until.toISOString(),
    stepMs: window.stepMs,
    series: seriesOf(buckets),
  };
}
