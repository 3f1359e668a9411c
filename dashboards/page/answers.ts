import type { Finding, StreamKey } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Incident } from '../../core/incident.ts';
import { SCORE_PREFIX, SIGNALS, signalSpec } from '../../core/signals.ts';
import { meanOf, quantileOf, type SignalSummary } from '../../core/summary.ts';
import type {
  BaselineBand,
  IncidentLine,
  LatestFinding,
  Overview,
  Series,
  SignalLine,
  Sparkline,
  StreamLine,
} from './api.ts';
import { IMPORTANT_SIGNALS, sparklineSignals, streamStatus } from './stream-status.ts';

/** What is counted of a stream. */
export interface Totals extends StreamKey {
  readonly inferences: number;
  readonly lastHour: number;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
}

/** One signal of one stream in one bucket of time. */
export interface Bucket {
  readonly project: string;
  readonly model: string;
  readonly version: string;
  readonly signal: string;
  readonly bucket: number;
  readonly count: number;
  readonly mean: number;
  readonly p05: number;
  readonly median: number;
  readonly p95: number;
  readonly isBinary: boolean;
}

type StreamId = Pick<StreamKey, 'project' | 'model' | 'version'>;

const idOf = ({ project, model, version }: StreamId): string => JSON.stringify([project, model, version]);

/** An incident as lists carry it. */
export function incidentLine(incident: Incident): IncidentLine {
  const { histograms: _, quietWindows: __, ...line } = incident;
  // Its Dates become texts: that is what JSON makes of them anyway.
  return JSON.parse(JSON.stringify(line)) as IncidentLine;
}

/** Signals whose time lines the overview needs. */
export function overviewSignals(incidents: readonly Incident[], findings: readonly Finding[]): string[] {
  const scores = findings.map(({ signal }) => signal).filter((signal) => signal.startsWith(SCORE_PREFIX));
  return [...new Set([...incidents.map(({ signal }) => signal), ...scores, ...IMPORTANT_SIGNALS])];
}

/** The overview from its parts, without incidents that others speak for; `buckets` are those of the sparklines, `bucketsMax` of them at most. */
export function overviewAnswer(parts: {
  now: Date;
  totals: readonly Totals[];
  incidents: readonly Incident[];
  findings: readonly Finding[];
  buckets: readonly Bucket[];
  bucketsMax: number;
}): Overview {
  const { now, totals, incidents, findings, buckets, bucketsMax } = parts;
  const findingsOf = groupBy(findings, idOf);
  const told = groupBy(
    incidents.filter(({ mutedBy, state }) => mutedBy === '' && state === 'open'),
    idOf,
  );
  const incidentsOf = groupBy(
    incidents.filter(({ segment }) => segment === ''),
    idOf,
  );
  const bucketsOf = groupBy(buckets, idOf);
  const streams = totals.map((total): StreamLine => {
    const id = idOf(total);
    const [ofStream, standing] = [findingsOf.get(id) ?? [], incidentsOf.get(id) ?? []];
    const open = told.get(id)?.length ?? 0;
    return {
      ...totalsJson(total),
      status: streamStatus({ findings: ofStream, openIncidents: open, signalsSeen: ofStream.length }),
      openIncidents: open,
      sparklines: sparklines(bucketsOf.get(id) ?? [], standing, bucketsMax),
    };
  });
  const rank = ({ status }: StreamLine): number => (status.state === 'incident' ? 0 : 1);
  return {
    now: now.toISOString(),
    streams: streams.sort((a, b) => rank(a) - rank(b) || b.lastSeen.localeCompare(a.lastSeen)),
    incidents: incidents.filter(({ mutedBy }) => mutedBy === '').map(incidentLine),
  };
}

/** Totals with instants as JSON carries them. */
export function totalsJson({ firstSeen, lastSeen, ...counts }: Totals) {
  return { ...counts, firstSeen: firstSeen.toISOString(), lastSeen: lastSeen.toISOString() };
}

function sparklines(buckets: readonly Bucket[], standing: readonly Incident[], length: number): Sparkline[] {
  const bySignal = groupBy(buckets, ({ signal }) => signal);
  const named = standing.map(({ signal }) => signal);
  return sparklineSignals([...bySignal.keys()], named).map((signal) => {
    const ofSignal = bySignal.get(signal) ?? [];
    const isRate = isRateSignal(signal, ofSignal);
    const values = Array.from({ length }, (): number | null => null);
    for (const { bucket, mean, median } of ofSignal) values[bucket] = isRate ? mean : median;
    const verdict = standing.find(({ signals }) => signals.includes(signal))?.verdict ?? null;
    return { signal, isRate, verdict, values: values.slice(0, length) };
  });
}

/** A rate by its nature, or a score that has only been 0 or 1. */
function isRateSignal(signal: string, buckets: readonly Bucket[]): boolean {
  if (!signal.startsWith(SCORE_PREFIX)) return isKnownRate(signal);
  return buckets.length > 0 && buckets.every(({ isBinary }) => isBinary);
}

function isKnownRate(signal: string): boolean {
  try {
    return signalSpec(signal).kind === 'rate';
  } catch {
    // A signal of a later version, read from the store.
    return false;
  }
}

/** Time lines in columns, one per signal. */
export function seriesOf(buckets: readonly Bucket[]): Series[] {
  return [...groupBy(buckets, ({ signal }) => signal)].map(([signal, ofSignal]) => ({
    signal,
    bucket: ofSignal.map(({ bucket }) => bucket),
    count: ofSignal.map(({ count }) => count),
    mean: ofSignal.map(({ mean }) => mean),
    p05: ofSignal.map(({ p05 }) => p05),
    median: ofSignal.map(({ median }) => median),
    p95: ofSignal.map(({ p95 }) => p95),
  }));
}

/** The signals of one stream in order of display, scores last; `buckets` say which of them have data. */
export function signalLines(parts: {
  buckets: readonly Bucket[];
  findings: readonly Finding[];
  baselines: ReadonlyMap<string, SignalSummary>;
}): SignalLine[] {
  const bySignal = groupBy(parts.buckets, ({ signal }) => signal);
  const latest = new Map(parts.findings.map((finding) => [finding.signal, finding]));
  const scores = [...bySignal.keys()].filter((signal) => signal.startsWith(SCORE_PREFIX)).sort();
  return [...scores, ...SIGNALS.map(({ name }) => name).filter((name) => bySignal.has(name))].map(
    (signal) => {
      const finding = latest.get(signal);
      return {
        signal,
        isRate: isRateSignal(signal, bySignal.get(signal) ?? []),
        baseline: baselineBand(parts.baselines.get(signal)),
        latest: finding ? latestJson(finding) : null,
      };
    },
  );
}

function latestJson({ until, ...finding }: Finding): LatestFinding {
  const { outcome, direction, verdict, effect, before, after, evidence, samples, rowsNeeded } = finding;
  return {
    until: until.toISOString(),
    outcome,
    direction,
    verdict,
    effect,
    before,
    after,
    evidence,
    samples,
    rowsNeeded,
  };
}

function baselineBand(summary: SignalSummary | undefined): BaselineBand | null {
  if (!summary || summary.count === 0) return null;
  const quantile = (share: number): number => quantileOf(summary, share) ?? 0;
  return {
    count: summary.count,
    mean: meanOf(summary) ?? 0,
    p05: quantile(0.05),
    median: quantile(0.5),
    p95: quantile(0.95),
  };
}
