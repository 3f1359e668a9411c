import { formatCount, formatExact, formatSpan, formatValue, plural } from '../../core/format.ts';
import type { Incident } from '../../core/incident.ts';
import {
  changeWords,
  effectWords,
  evidenceWords,
  isRateChange,
  pairWords,
  streamName,
  unitOf,
} from '../../core/incident-words.ts';
import type { Notification, NotificationLinks } from '../../core/notification.ts';
import { signalWords } from '../../core/signal-words.ts';
import { plain } from './plain.ts';
import { sparkline } from './sparkline.ts';

/** How the incident stands, for colours and icons. */
export type MessageTone = 'critical' | 'warning' | 'info' | 'acknowledged' | 'resolved';

/**
 * What there is to say, in words that no receiver has to think about any more. Every text is one plain line
 * (./plain.ts), without markup, and of any length.
 */
export interface Message {
  readonly tone: MessageTone;
  /** `Firing`, `Resolved` … */
  readonly status: string;
  /** `gpt-4: responses are 99 % shorter` */
  readonly headline: string;
  /** Status, headline and numbers in one line: for a lock screen. */
  readonly title: string;
  /** What this notification brings, where an earlier one has told of the incident: `Resolved after 2 h.` */
  readonly news: string;
  readonly stream: string;
  /** `638 → 4 characters` */
  readonly pair: string;
  readonly since: Date;
  /** What is known of it, in order of display: six. */
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  /** Bars, and the stretch of time that they stand for; null if there is no value. */
  readonly trend: { readonly bars: string; readonly span: string } | null;
  /** Empty if nothing is known. */
  readonly cause: string;
  /** What a reader must know before believing the numbers: no data, acknowledged, flapping. Four at most. */
  readonly notes: readonly string[];
  readonly links: readonly { readonly label: string; readonly url: string }[];
  /** Rule, severity, id, next reminder. */
  readonly footer: string;
}

/** The words of one notification. Pure; times in the text are UTC. */
export function messageOf(notification: Notification): Message {
  const { incident } = notification;
  const stream = plain(streamName(incident));
  const headline = plain(`${stream}: ${changeWords(incident)}`);
  const pair = plain(pairWords(incident));
  const status = statusOf(notification);
  return {
    tone: toneOf(notification),
    status,
    headline,
    title: `${status}: ${headline} (${pair})`,
    news: plain(newsOf(notification)),
    stream,
    pair,
    since: incident.since,
    facts: factsOf(notification),
    trend: trendOf(notification),
    cause: plain(notification.cause),
    notes: notesOf(notification).map(plain),
    links: linksOf(notification.links),
    footer: footerOf(notification),
  };
}

/** True when there is nothing to do any more, whatever the notification was once about. */
export function isOver({ kind, incident }: Notification): boolean {
  return kind === 'resolved' || incident.state === 'closed' || incident.state === 'dropped';
}

function toneOf(notification: Notification): MessageTone {
  if (isOver(notification)) return 'resolved';
  if (notification.incident.acknowledged) return 'acknowledged';
  return notification.severity;
}

const SEVERITY_WORDS = { critical: 'Critical', warning: 'Warning', info: 'For information' } as const;

function statusOf(notification: Notification): string {
  return isOver(notification) ? 'Resolved' : SEVERITY_WORDS[notification.severity];
}

function newsOf(notification: Notification): string {
  const { kind, incident, severity, at } = notification;
  if (isOver(notification)) {
    const end = incident.closedAt ?? at;
    const now = lastValue(notification);
    return `Resolved after ${spanOf(incident.since, end)}${now === '' ? '' : `; now ${now}`}.`;
  }
  if (kind === 'escalated') return `Escalated to ${severity}: now ${pairWords(incident)}.`;
  if (kind === 'reminder') return `Still open after ${spanOf(incident.since, at)}: ${pairWords(incident)}.`;
  if (kind === 'acknowledged') return acknowledgedWords(incident);
  if (kind === 'changed') return conditionWords(incident);
  return '';
}

function factsOf({ incident, scope }: Notification): Message['facts'] {
  const { samples, baselineVersion, signals, signal, detector } = incident;
  const isDisparity = detector === 'disparity';
  const others = signals.filter((other) => other !== signal).map((other) => signalWords(other).label);
  const facts = [
    ['Size of the change', effectWords(incident.effect)],
    [
      'Samples',
      isDisparity
        ? `${formatCount(samples.current)} of the group, ${formatCount(samples.baseline)} of the rest`
        : `${formatCount(samples.current)} now, ${formatCount(samples.baseline)} before`,
    ],
    ['How sure', evidenceWords(incident)],
    ['Compared with', isDisparity ? 'everybody else, like with like' : comparedWith(baselineVersion)],
    ['For whom', scope || incident.segment || 'all inferences of the model'],
    ['Seen in', [signalWords(signal).label, ...others].join(', ')],
  ] as const;
  return facts.map(([label, text]) => ({ label, text: plain(text) }));
}

const comparedWith = (version: string): string =>
  version === '' ? 'its own level before' : `version ${version}`;

function trendOf({ trend }: Notification): Message['trend'] {
  const bars = sparkline(trend.values);
  return bars === '' ? null : { bars, span: `last ${spanOf(trend.since, trend.until)}` };
}

function notesOf(notification: Notification): string[] {
  const { incident, reopenings } = notification;
  const notes: string[] = [];
  if (!isOver(notification)) {
    if (incident.condition !== 'measured') notes.push(conditionWords(incident));
    if (incident.state === 'recovering') {
      notes.push(`Recovering: ${plural(incident.quietWindows, 'window')} in a row without the change.`);
    }
  }
  if (incident.acknowledged) notes.push(acknowledgedWords(incident));
  if (reopenings > 0) {
    const times = reopenings === 1 ? 'once' : `${formatCount(reopenings)} times`;
    notes.push(`It has opened ${times} before in the last day: it comes and goes.`);
  }
  return notes;
}

/** Why the numbers may no longer be true; and that this ends nothing. */
function conditionWords({ condition, conditionSince }: Incident): string {
  const since = formatExact(conditionSince);
  if (condition === 'no_data') return `No inferences since ${since}: whether it is over cannot be seen.`;
  if (condition === 'not_enough_data') return `Too few inferences to judge since ${since}; it stays open.`;
  if (condition === 'error')
    return `Inferences arrive, but nothing has judged them since ${since}; it stays open.`;
  return `It can be measured again since ${since}.`;
}

function acknowledgedWords({ acknowledged }: Incident): string {
  if (!acknowledged) return 'No longer taken on by anybody.';
  const { by, at, comment } = acknowledged;
  return `Taken on by ${by} at ${formatExact(at)}${comment === '' ? '' : `: ${comment}`}`;
}

/** The newest known value of the trend, in the signal's unit; empty if there is none. */
function lastValue({ trend, incident }: Notification): string {
  const value = trend.values.findLast((one) => one !== null && Number.isFinite(one)) ?? null;
  return value === null ? '' : formatValue(value, unitOf(incident.signal, isRateChange(incident)));
}

const LINK_LABELS = {
  incident: 'Why',
  dashboard: 'Dashboard',
  examples: 'Examples',
  runbook: 'Runbook',
} as const satisfies Record<keyof NotificationLinks, string>;

function linksOf(links: NotificationLinks): Message['links'] {
  return (['incident', 'dashboard', 'examples', 'runbook'] as const).flatMap((key) => {
    const url = links[key];
    return url === null ? [] : [{ label: LINK_LABELS[key], url }];
  });
}

function footerOf(notification: Notification): string {
  const { incident, severity, repeatMs } = notification;
  const parts = [`rule ${incident.rule}`, severity, `incident ${incident.id}`];
  if (incident.project !== '') parts.unshift(`project ${incident.project}`);
  if (repeatMs !== null && !isOver(notification)) parts.push(`next reminder in ${formatSpan(repeatMs)}`);
  return plain(parts.join(' · '));
}

function spanOf(since: Date, until: Date): string {
  return formatSpan(until.getTime() - since.getTime());
}
