import { GRID_ONE } from '../../../core/grid.ts';
import { SCORE_PREFIX, signalSpec } from '../../../core/signals.ts';
import type { Range } from '../../../dashboards/page/api.ts';
import type { SegmentsAnswer } from '../../../dashboards/page/api-views.ts';
import { segmentLines } from '../../../dashboards/page/segment-lines.ts';
import { IMPORTANT_SIGNALS } from '../../../dashboards/page/stream-status.ts';
import { timeRange } from '../../../dashboards/page/time-range.ts';
import { FINDING_AGE_MS_MAX, OPEN_INCIDENTS_MAX } from './bounds.ts';
import { choiceOf, type StreamRequest, totalsOf } from './stream.ts';
import type { ViewReader } from './view-reader.ts';

const HOUR_MS = 3_600_000;
/** Columns that a person compares at a glance. */
const SIGNALS_MAX = 8;

/** A model's segments side by side over a range of whole hours, which is what they are counted by. */
export async function segmentsAnswer(
  reader: ViewReader,
  { range, ...request }: StreamRequest & { range: Range },
): Promise<SegmentsAnswer> {
  const { stream, now } = request;
  const totals = await totalsOf(reader, { ...request, stream: { ...stream, segment: '' } });
  const window = timeRange(range, { ...totals, now, bucketsMax: 120 });
  const since = new Date(Math.floor(window.since.getTime() / HOUR_MS) * HOUR_MS);
  const until = new Date(Math.ceil(window.until.getTime() / HOUR_MS) * HOUR_MS);
  const { project, model, version } = stream;
  const [incidents, findings] = await Promise.all([
    reader.incidentList({ project, stream: null, state: 'unclosed', limit: OPEN_INCIDENTS_MAX }),
    reader.latestFindings({
      ...choiceOf({ ...stream, segment: '' }),
      since: new Date(totals.lastSeen.getTime() - FINDING_AGE_MS_MAX),
    }),
  ]);
  const ofModel = incidents.filter((found) => found.model === model && found.version === version);
  const names = signalsShown({
    inIncidents: ofModel.map(({ signal }) => signal),
    judged: findings.map(({ signal }) => signal),
  });
  const parts = await reader.segmentSummaries({
    stream: { project, model, version },
    signals: names,
    since,
    until,
  });
  const seen = new Set(parts.map(({ signal }) => signal));
  const signals = names
    .filter((signal) => seen.has(signal))
    .map((signal) => ({ signal, isRate: isRate(signal, parts) }));
  const open = new Map<string, number>();
  for (const { segment } of ofModel) open.set(segment, (open.get(segment) ?? 0) + 1);
  return {
    now: now.toISOString(),
    stream: { project, model, version },
    since: since.toISOString(),
    until: until.toISOString(),
    signals,
    ...segmentLines(parts, signals, open),
  };
}

/** Those of open incidents, scores, then the usual ones. */
function signalsShown({ inIncidents, judged }: { inIncidents: string[]; judged: string[] }): string[] {
  const scores = judged.filter((signal) => signal.startsWith(SCORE_PREFIX));
  return [...new Set([...inIncidents, ...scores, ...IMPORTANT_SIGNALS])].slice(0, SIGNALS_MAX);
}

/** By its nature, or a score that has only been 0 or 1. */
function isRate(
  signal: string,
  parts: readonly { signal: string; summary: { bins: ReadonlyMap<number, number> } }[],
): boolean {
  if (!signal.startsWith(SCORE_PREFIX)) return signalSpec(signal).kind === 'rate';
  return parts
    .filter((part) => part.signal === signal)
    .every(({ summary }) => [...summary.bins.keys()].every((bin) => bin === 0 || bin === GRID_ONE));
}
