import type { Rules } from '../../alerts/observe.ts';
import { probableCause } from '../../core/cause-words.ts';
import { plural } from '../../core/format.ts';
import type { Incident } from '../../core/incident.ts';
import { isRateChange } from '../../core/incident-words.ts';
import type { Notification, NotificationLinks } from '../../core/notification.ts';
import type { SeriesQuery, SignalBucket } from '../../sql/queries/signal-series.ts';
import { type DueNotification, notificationId } from './alert-book.ts';

export interface NotificationOptions {
  /** Where the page is reached; null: links to it are left out. */
  readonly publicUrl: string | null;
  readonly grafanaUrl: string | null;
  readonly rules: () => Rules;
  /** Every incident that stands. */
  readonly standing: () => readonly Incident[];
  readonly series: (query: SeriesQuery) => Promise<readonly SignalBucket[]>;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** What a line of characters holds. */
const TREND_BUCKETS = 24;
/** Before the change as long as after it, and at least this, so that both levels are seen. */
const TREND_MS_MIN = 2 * HOUR_MS;
const TREND_MS_MAX = 7 * 24 * HOUR_MS;

/** What a receiver is told of an incident, as it is now. */
export async function notificationOf(
  { incident, queued }: DueNotification,
  options: NotificationOptions,
): Promise<Notification> {
  const rule = options.rules().named(incident.rule);
  return {
    id: notificationId(incident, queued),
    receiver: queued.receiver,
    kind: queued.kind,
    sequence: queued.sequence,
    at: queued.at,
    incident,
    severity: incident.severity,
    labels: incident.labels,
    links: linksOf(incident, rule?.runbook ?? '', options),
    trend: await trendOf(incident, options),
    scope: scopeOf(incident, options.standing()),
    cause: probableCause(incident),
    reopenings: incident.reopenings,
    repeatMs: rule?.repeatMs ?? null,
  };
}

/** Addresses with the incident, its model, version and time filled in. */
export function linksOf(
  incident: Incident,
  runbook: string,
  { publicUrl, grafanaUrl }: Pick<NotificationOptions, 'publicUrl' | 'grafanaUrl'>,
): NotificationLinks {
  const page = publicUrl && `${publicUrl}/#/incidents/${encodeURIComponent(incident.id)}`;
  return {
    incident: page,
    dashboard: grafanaUrl && `${grafanaUrl}/d/${dashboardOf(incident)}?${dashboardQuery(incident)}`,
    // The page shows them beside the incident.
    examples: page,
    runbook: runbookUrl(runbook, publicUrl),
  };
}

/** An address of the rule's own, or the page's view of one of docs/runbooks; null where neither can be reached. */
function runbookUrl(runbook: string, publicUrl: string | null): string | null {
  if (/^https?:/.test(runbook)) return runbook;
  return runbook === '' ? null : publicUrl && `${publicUrl}/#/runbooks/${encodeURIComponent(runbook)}`;
}

function dashboardOf({ family, detector }: Incident): string {
  return detector === 'presence' ? 'plumbline-pipeline' : `plumbline-${family}`;
}

function dashboardQuery({ project, model, version, since, openedAt, closedAt }: Incident): string {
  const from = since.getTime() - (openedAt.getTime() - since.getTime()) - HOUR_MS;
  const query = new URLSearchParams({
    orgId: '1',
    from: String(from),
    to: closedAt ? String(closedAt.getTime() + HOUR_MS) : 'now',
    'var-project': project,
    'var-model': model,
  });
  if (version !== '') query.set('var-version', version);
  return query.toString();
}

async function trendOf(incident: Incident, { series }: NotificationOptions): Promise<Notification['trend']> {
  const { project, model, version, segment, signal, since, updatedAt, openedAt } = incident;
  const until = Math.max(updatedAt.getTime(), openedAt.getTime());
  const span = Math.min(TREND_MS_MAX, Math.max(TREND_MS_MIN, 2 * (until - since.getTime())));
  const stepMs = Math.max(MINUTE_MS, Math.ceil(span / TREND_BUCKETS / MINUTE_MS) * MINUTE_MS);
  const range = { since: new Date(until - TREND_BUCKETS * stepMs), until: new Date(until) };
  if (incident.detector === 'presence') return { values: [], ...range };
  const start = Math.floor(range.since.getTime() / stepMs) * stepMs;
  const query = { since: new Date(start), until: new Date(start + (TREND_BUCKETS + 1) * stepMs), stepMs };
  const buckets = await series({ ...query, project, stream: { model, version }, segment, signals: [signal] });
  const values: (number | null)[] = Array.from({ length: TREND_BUCKETS + 1 }, () => null);
  for (const { bucket, mean, median, isBinary } of buckets)
    if (bucket < values.length) values[bucket] = isBinary || isRateChange(incident) ? mean : median;
  return { values, since: query.since, until: query.until };
}

/** Whom it concerns, as far as open incidents tell. */
function scopeOf(incident: Incident, standing: readonly Incident[]): string {
  const same = standing.filter(
    ({ id, project, aspect, state }) =>
      id !== incident.id && project === incident.project && aspect === incident.aspect && state !== 'pending',
  );
  const who = incident.segment === '' ? 'all inferences' : `inferences with ${incident.segment}`;
  const segments = same.filter(({ model, segment }) => model === incident.model && segment !== '').length;
  const models = new Set(same.filter(({ model }) => model !== incident.model).map(({ model }) => model)).size;
  return [
    who,
    ...(segments > 0 ? [`seen in ${plural(segments, 'segment')}`] : []),
    ...(models > 0 ? [`and in ${plural(models, 'other model')}`] : []),
  ].join(', ');
}
