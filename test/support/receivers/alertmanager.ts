import { jsonBody, type StandIn, startStandIn } from './stand-in.ts';

export const ALERTMANAGER_TOKEN = 'secret-of-the-alertmanager';

export interface RoutedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export interface AlertmanagerStandIn extends StandIn {
  /** By their labels, as Alertmanager tells alerts apart; the last said of each. */
  readonly alerts: Map<string, RoutedAlert>;
}

/** Alertmanager's API v2, as far as alerts are posted to it. */
export async function startAlertmanager(): Promise<AlertmanagerStandIn> {
  const alerts = new Map<string, RoutedAlert>();
  const standIn = await startStandIn((request) => {
    if (request.headers.authorization !== `Bearer ${ALERTMANAGER_TOKEN}`)
      return { status: 401, body: 'Unauthorized' };
    if (request.method !== 'POST' || request.url.pathname !== '/api/v2/alerts') return { status: 404 };
    const posted = jsonBody(request);
    if (!Array.isArray(posted)) return { status: 400, body: '"bad request"' };
    const fault = posted.map(faultOf).find((one) => one !== null);
    if (fault) return { status: 400, body: JSON.stringify(fault) };
    for (const { labels, annotations, startsAt, endsAt } of posted) {
      const key = JSON.stringify(Object.entries(labels).sort());
      alerts.set(key, { labels, annotations, startsAt: new Date(startsAt), endsAt: new Date(endsAt) });
    }
    return { status: 200 };
  });
  return { ...standIn, alerts };
}

function faultOf(alert: {
  readonly labels?: Record<string, unknown>;
  readonly annotations?: object;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}): string | null {
  const { labels = {}, annotations = {}, startsAt, endsAt, generatorURL } = alert;
  const names = [...Object.keys(labels), ...Object.keys(annotations)];
  if (Object.keys(labels).length === 0) return 'at least one label pair required';
  const wrong = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
  if (wrong !== undefined) return `invalid label set: invalid name "${wrong}"`;
  if (Object.values(labels).some((value) => typeof value !== 'string' || value === ''))
    return 'invalid label value';
  const [start, end] = [Date.parse(startsAt), Date.parse(endsAt)];
  if (Number.isNaN(start) || Number.isNaN(end)) return 'parsing datetime failed';
  if (end < start) return 'start time must be before end time';
  return generatorURL !== undefined && !URL.canParse(generatorURL) ? 'generatorURL is not a URL' : null;
}
