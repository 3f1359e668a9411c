import type { Incident } from '../../../core/incident.ts';
import type { Notification } from '../../../core/notification.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SINCE = new Date('2026-11-22T14:05:00Z');

/** An incident such as people get: within half an hour responses have become short. */
export const INCIDENT: Incident = {
  id: '7c1f0a9be2d44c58',
  project: 'shop',
  model: 'gpt-4',
  version: '0613',
  segment: '',
  aspect: 'length',
  signal: 'response_characters',
  signals: ['response_characters', 'output_tokens'],
  family: 'drift',
  direction: 'down',
  verdict: 'change',
  detector: 'continuous',
  baselineVersion: '',
  state: 'open',
  since: SINCE,
  openedAt: new Date(SINCE.getTime() + HOUR_MS / 6),
  updatedAt: new Date(SINCE.getTime() + HOUR_MS / 4),
  seenAt: new Date(SINCE.getTime() + HOUR_MS / 4),
  closedAt: null,
  before: 638,
  after: 212,
  effect: { name: 'cliffs_delta', value: -0.74, low: -0.79, high: -0.68 },
  evidence: 41,
  samples: { baseline: 9_804, current: 412 },
  histograms: { before: [], after: [] },
  quietWindows: 0,
  rule: 'length-changed',
  severity: 'critical',
  labels: { team: 'search' },
  condition: 'measured',
  conditionSince: SINCE,
  reopenings: 0,
  acknowledged: null,
  mutedBy: '',
  speaksFor: [],
  windowMs: 300_000,
  cause: '',
};

/** By ten minutes; the change begins after sixteen of them. */
const TREND = [
  631, 644, 628, 640, 652, 633, 636, 641, 629, 647, 638, 635, 643, 640, 632, 637, 590, 402, 231, 214, 208,
  219, 210, 212,
];

/** A notification of it; `incident` names what is different. */
export function notification({
  incident = {},
  ...rest
}: Partial<Omit<Notification, 'incident'>> & { readonly incident?: Partial<Incident> } = {}): Notification {
  const { sequence = 1, receiver = 'team' } = rest;
  const told = { ...INCIDENT, ...incident };
  return {
    id: `${told.id}:${receiver}:${sequence}`,
    receiver,
    sequence,
    kind: 'firing',
    at: after(80),
    incident: told,
    severity: told.severity,
    labels: told.labels,
    links: {
      incident: 'https://plumbline.example.com/#/incidents/7c1f0a9be2d44c58',
      dashboard:
        'https://grafana.example.com/d/plumbline-drift?from=1795000000000&to=1795030000000&var-model=gpt-4',
      examples: 'https://plumbline.example.com/#/incidents/7c1f0a9be2d44c58?examples=1',
      runbook: 'https://plumbline.example.com/#/runbooks/response-drift',
    },
    trend: { values: TREND, since: after(-160), until: after(80) },
    scope: '1 of 4 models; both regions',
    cause: 'the prompt “summarize” went from v11 to v12 twelve minutes before',
    reopenings: 0,
    repeatMs: 4 * HOUR_MS,
    ...rest,
  };
}

/** The same incident as it opened: not yet as large, and less urgent. */
export function opened(): Notification {
  return notification({
    at: after(30),
    incident: {
      severity: 'warning',
      after: 402,
      seenAt: after(30),
      samples: { baseline: 9_804, current: 118 },
    },
    trend: { values: TREND.slice(0, 19), since: after(-160), until: after(30) },
  });
}

/** The same incident when it is over. */
export function resolved(sequence: number): Notification {
  return notification({
    sequence,
    kind: 'resolved',
    at: after(140),
    incident: { state: 'closed', closedAt: after(140) },
    trend: {
      values: [...TREND, 214, 380, 596, 633, 640, 637],
      since: after(-160),
      until: after(140),
    },
  });
}

function after(minutes: number): Date {
  return new Date(SINCE.getTime() + minutes * MINUTE_MS);
}
