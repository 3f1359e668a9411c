import { jsonBody, type StandIn, startStandIn } from './stand-in.ts';

export const ROUTING_KEY = 'R0123456789abcdef0123456789SECRE';

export interface PagedAlert {
  status: 'triggered' | 'acknowledged' | 'resolved';
  severity: string;
  events: number;
}

export interface PagerDutyStandIn extends StandIn {
  /** By their key. */
  readonly alerts: Map<string, PagedAlert>;
}

const ACTIONS = { trigger: 'triggered', acknowledge: 'acknowledged', resolve: 'resolved' } as const;

/** PagerDuty's Events API v2, by its documentation. */
export async function startPagerDuty(): Promise<PagerDutyStandIn> {
  const alerts = new Map<string, PagedAlert>();
  const standIn = await startStandIn((request) => {
    if (request.method !== 'POST' || request.url.pathname !== '/v2/enqueue') return { status: 404 };
    const event = jsonBody(request);
    const errors = request.body.length > 512 * 1024 ? ['event is too large'] : faultsOf(event ?? {});
    if (errors.length > 0) {
      return { status: 400, body: { status: 'invalid event', message: 'Event object is invalid', errors } };
    }
    const {
      event_action: action,
      dedup_key: key,
      payload,
    } = event as {
      event_action: keyof typeof ACTIONS;
      dedup_key: string;
      payload: { severity: string };
    };
    const before = alerts.get(key);
    // What was never triggered cannot be resolved: the event is taken, and nothing comes of it.
    if (before || action === 'trigger') {
      const events = (before?.events ?? 0) + 1;
      alerts.set(key, { status: ACTIONS[action], severity: payload.severity, events });
    }
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: key } };
  });
  return { ...standIn, alerts };
}

function faultsOf(event: Record<string, unknown>): string[] {
  const { routing_key: key, event_action: action, dedup_key: dedup, payload, links } = event;
  const faults: string[] = [];
  if (String(key).length !== 32)
    faults.push("Length of 'routing_key' is incorrect (should be 32 characters)");
  else if (key !== ROUTING_KEY) faults.push(`'routing_key' ${String(key)} is not known`);
  if (!Object.hasOwn(ACTIONS, String(action))) faults.push("'event_action' is invalid");
  if (typeof dedup !== 'string' || dedup.length > 255) faults.push("'dedup_key' is too long");
  const hrefs = ((links ?? []) as { href?: string }[]).map(({ href = '' }) => href);
  if (!hrefs.every((href) => URL.canParse(href))) faults.push("'links' is invalid");
  return [...faults, ...payloadFaults((payload ?? {}) as Record<string, unknown>)];
}

function payloadFaults({ summary, source, severity, timestamp }: Record<string, unknown>): string[] {
  const faults: string[] = [];
  if (typeof summary !== 'string' || summary === '') faults.push("'payload.summary' is missing or blank");
  else if (summary.length > 1024) faults.push("'payload.summary' is too long");
  if (typeof source !== 'string' || source === '') faults.push("'payload.source' is missing or blank");
  if (!['critical', 'error', 'warning', 'info'].includes(String(severity)))
    faults.push("'payload.severity' is invalid");
  if (Number.isNaN(Date.parse(String(timestamp)))) faults.push("'payload.timestamp' is invalid");
  return faults;
}
