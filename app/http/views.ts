import express, { type Request, Router } from 'express';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Finding, StreamKey } from '../../core/finding.ts';
import type { Incident } from '../../core/incident.ts';
import { isRateChange } from '../../core/incident-words.ts';
import type { SignalSummary } from '../../core/summary.ts';
import {
  incidentLine,
  overviewAnswer,
  overviewSignals,
  seriesOf,
  signalLines,
  totalsJson,
} from '../../dashboards/page/answers.ts';
import type {
  Example,
  IncidentDetail,
  IncidentList,
  Overview,
  SeriesAnswer,
  StreamDetail,
} from '../../dashboards/page/api.ts';
import { RANGES } from '../../dashboards/page/api.ts';
import { streamStatus } from '../../dashboards/page/stream-status.ts';
import { alignedRange, timeRange } from '../../dashboards/page/time-range.ts';
import type { ExampleQuery, ExampleRow } from '../../sql/queries/examples.ts';
import type { IncidentListQuery } from '../../sql/queries/incident-list.ts';
import type { SeriesQuery, SignalBucket } from '../../sql/queries/signal-series.ts';
import type { StreamTotals } from '../../sql/queries/stream-totals.ts';
import { exampleText } from './example-text.ts';

type StreamChoice = {
  /** Empty: all projects. */
  project: string;
  /** Null: all streams. */
  stream: { model: string; version: string } | null;
  segment: string;
};

/** What the views read; each is a function of sql/queries with the store filled in. */
export interface ViewReader {
  streamTotals(choice: StreamChoice & { now: Date; limit: number }): Promise<StreamTotals[]>;
  signalSeries(query: SeriesQuery): Promise<SignalBucket[]>;
  latestFindings(choice: StreamChoice & { since: Date }): Promise<Finding[]>;
  incidentList(query: IncidentListQuery): Promise<Incident[]>;
  incidentById(query: { project: string; id: string }): Promise<Incident | null>;
  exampleInferences(query: ExampleQuery): Promise<ExampleRow[]>;
  /** By signal, what the detectors compare a stream with; empty while it is being learned. */
  baselines(stream: StreamKey): Promise<ReadonlyMap<string, SignalSummary>>;
}

export interface ViewOptions {
  readonly reader: ViewReader;
  readonly clock: Clock;
  /** The one project that this request may read; empty for all. */
  readonly projectOf: (request: Request) => string;
}

const DAY_MS = 86_400_000;
const STREAMS_MAX = 200;
const INCIDENTS_MAX = 500;
const OPEN_INCIDENTS_MAX = 100;
const SPARK_BUCKETS = 48;
const SERIES_BUCKETS_MAX = 120;
const EXAMPLES_MAX = 4;
/** A signal whose last finding is older than this against the stream's last inference has none. */
const FINDING_AGE_MS_MAX = 7 * DAY_MS;
/** Examples from before are looked for in this stretch before the change. */
const EXAMPLES_SPAN_MS = 7 * DAY_MS;

const Name = z.string().max(1000).default('');
const StreamQuery = z.object({
  project: z.string().max(1000).default('default'),
  model: z.string().min(1).max(1000),
  version: Name,
  segment: Name,
});
const SeriesQueryString = StreamQuery.extend({ range: z.enum(RANGES).default('24h') });
const IncidentsQuery = z.object({ state: z.enum(['open', 'all']).default('open') });
const IncidentId = z.object({ id: z.string().min(1).max(200) });

/** GET /overview, /series, /stream, /incidents and /incidents/:id : what the page shows, as dashboards/page/api.ts says it. */
export function viewRoutes(options: ViewOptions): Router {
  const { reader, clock, projectOf } = options;
  const router = Router();
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-cache');
    next();
  });
  router.get('/overview', async (req, res) => {
    res.json(await overview(reader, { project: projectOf(req), now: clock.now() }));
  });
  router.get('/stream', async (req, res) => {
    const stream = StreamQuery.parse(req.query);
    res.json(await streamDetail(reader, { stream, project: projectOf(req), now: clock.now() }));
  });
  router.get('/series', async (req, res) => {
    const { range, ...stream } = SeriesQueryString.parse(req.query);
    const now = clock.now();
    const totals = await totalsOf(reader, { stream, project: projectOf(req), now });
    const window = timeRange(range, { ...totals, now, bucketsMax: SERIES_BUCKETS_MAX });
    const buckets = await reader.signalSeries({ ...window, ...choiceOf(stream), signals: null });
    const answer: SeriesAnswer = {
      since: window.since.toISOString(),
      until: window.until.toISOString(),
      stepMs: window.stepMs,
      series: seriesOf(buckets),
    };
    res.json(answer);
  });
  router.get('/incidents', async (req, res) => {
    const { state } = IncidentsQuery.parse(req.query);
    const incidents = await reader.incidentList({
      project: projectOf(req),
      stream: null,
      state: state === 'all' ? 'all' : 'unclosed',
      limit: INCIDENTS_MAX,
    });
    const answer: IncidentList = {
      now: clock.now().toISOString(),
      incidents: incidents.map(incidentLine),
    };
    res.json(answer);
  });
  router.get('/incidents/:id', async (req, res) => {
    const { id } = IncidentId.parse(req.params);
    const incident = await reader.incidentById({ project: projectOf(req), id });
    if (!incident) throw new AppError('not_found', 'no incident has this id');
    res.json(await incidentDetail(reader, incident, clock.now()));
  });
  return router;
}

/**
 * The page's files. They have no hash in their names, so that a browser asks each time and is answered 304; nothing
 * from elsewhere and no inline script is allowed to run.
 *
 * @param folder what the build made of dashboards/page
 */
export function pageFiles(folder: string): Router {
  const router = Router();
  router.use((_req, res, next) => {
    res.set({
      'Content-Security-Policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
    });
    next();
  });
  router.use(
    express.static(folder, {
      setHeaders: (res) => {
        res.setHeader('Cache-Control', 'no-cache');
      },
    }),
  );
  return router;
}

async function overview(
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

type StreamRequest = { stream: StreamKey; project: string; now: Date };

function choiceOf({ project, model, version, segment }: StreamKey): StreamChoice {
  return { project, stream: { model, version }, segment };
}

async function totalsOf(reader: ViewReader, { stream, project, now }: StreamRequest): Promise<StreamTotals> {
  const isReadable = project === '' || project === stream.project;
  const found = isReadable ? await reader.streamTotals({ ...choiceOf(stream), now, limit: 1 }) : [];
  if (!found[0]) throw new AppError('not_found', 'no inference of this model and version has been seen');
  return found[0];
}

async function streamDetail(reader: ViewReader, request: StreamRequest): Promise<StreamDetail> {
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

async function incidentDetail(reader: ViewReader, incident: Incident, now: Date): Promise<IncidentDetail> {
  const { before, after } = exampleQueries(incident);
  const [beforeRows, afterRows] = await Promise.all([
    reader.exampleInferences(before),
    reader.exampleInferences(after),
  ]);
  return {
    now: now.toISOString(),
    incident: incidentLine(incident),
    histograms: incident.histograms,
    examples: { before: beforeRows.map(toExample), after: afterRows.map(toExample) },
  };
}

/** Typical inferences of each side; of a rate that rose, those without before and those with it after. */
export function exampleQueries(incident: Incident): { before: ExampleQuery; after: ExampleQuery } {
  const { project, model, segment, signal, since, baselineVersion } = incident;
  const isRate = isRateChange(incident);
  const [withIt, without] = incident.direction === 'down' ? [0, 1] : [1, 0];
  const shared = { signal, limit: EXAMPLES_MAX };
  const stream = { project, model, version: incident.version, segment };
  const until = incident.closedAt ?? new Date(incident.updatedAt.getTime() + 1);
  return {
    before: {
      ...shared,
      stream: baselineVersion === '' ? stream : { ...stream, version: baselineVersion },
      target: isRate ? without : incident.before,
      since: new Date(since.getTime() - EXAMPLES_SPAN_MS),
      until: since,
    },
    after: { ...shared, stream, target: isRate ? withIt : incident.after, since, until },
  };
}

function toExample({ id, timestamp, version, isCut, value, ...texts }: ExampleRow): Example {
  return { id, timestamp: timestamp.toISOString(), version, isCut, value, ...exampleText(texts) };
}
