import type { Effect, Finding } from '../../core/finding.ts';
import type { Incident } from '../../core/incident.ts';
import type { NotificationKind } from '../../core/notification.ts';
import { signalSpec } from '../../core/signals.ts';
import type { Silence } from '../../core/silence.ts';
import type { Observation } from '../episode.ts';
import { observe, rulesOf } from '../observe.ts';
import {
  afterDelivery,
  type Delivered,
  NOTHING_DELIVERED,
  type PlannedReceiver,
  type QueuedNotification,
} from '../plan.ts';
import { severityOf } from '../severity.ts';
import { type AlertState, type AlertStep, isStanding, NOTHING_WRONG, step } from '../step.ts';
import type { RuleSet } from './rule-set.ts';
import type { Expectation, Timeline, TimelineStep } from './timeline.ts';

/** What one step led to, and where that is not what was expected. */
export interface TimelineResult {
  readonly atMs: number;
  readonly state: Incident['state'] | 'normal';
  readonly reason: AlertStep['reason'];
  readonly severity: Incident['severity'] | null;
  readonly condition: Incident['condition'] | null;
  readonly rule: string | null;
  readonly sent: readonly { readonly receiver: string; readonly kind: NotificationKind }[];
  /** `state: expected open, was pending`; empty: all as expected. */
  readonly misses: readonly string[];
}

interface Played {
  readonly state: AlertState;
  readonly delivered: Readonly<Record<string, Delivered>>;
  readonly acknowledged: Incident['acknowledged'];
  readonly isSilenced: boolean;
}

/** Times of a timeline count from here. */
const START_MS = Date.UTC(2026, 0, 1);

/**
 * Plays a timeline through the real state machine; everything that is sent arrives at once. Pure.
 *
 * @param receivers whom there is to tell, in the place of those that the rules name
 */
export function runTimeline(
  timeline: Timeline,
  { rules }: Pick<RuleSet, 'rules'>,
  receivers: readonly PlannedReceiver[],
): TimelineResult[] {
  let played: Played = { state: NOTHING_WRONG, delivered: {}, acknowledged: null, isSilenced: false };
  return timeline.steps.map((given) => {
    const now = new Date(START_MS + given.at);
    const said = withPeople(played, given, now);
    const standing = said.state.incident && isStanding(said.state.incident) ? said.state.incident : null;
    const seen = seenBy(timeline, given, { now, standing, rules: rulesOf(rules) });
    const stepped = step(said.state, seen.observation && { ...seen.observation, until: now }, {
      now,
      rule: seen.rule,
      receivers,
      silences: said.isSilenced ? [silenceUntil(now)] : [],
      delivered: said.delivered,
      acknowledged: said.acknowledged,
      speakerFor: () => '',
      spokenForBy: () => [],
      causes: new Map(),
    });
    const isNew = stepped.state.incident?.id !== said.state.incident?.id;
    played = {
      ...said,
      state: stepped.state,
      acknowledged: isNew ? null : said.acknowledged,
      delivered: deliver(isNew ? {} : said.delivered, stepped, now),
    };
    return resultOf(given, stepped);
  });
}

function withPeople(played: Played, { silenced, acknowledged_by: by }: TimelineStep, at: Date): Played {
  return {
    ...played,
    isSilenced: silenced ?? played.isSilenced,
    acknowledged: by === undefined ? played.acknowledged : { by, at, comment: '' },
  };
}

/** Of everything, for a moment. */
const silenceUntil = (now: Date): Silence => ({
  id: 'timeline',
  project: '',
  matchers: [],
  startsAt: now,
  endsAt: new Date(now.getTime() + 1),
  author: 'timeline',
  comment: '',
});

function seenBy(
  timeline: Timeline,
  given: TimelineStep,
  { now, standing, rules }: { now: Date; standing: Incident | null; rules: ReturnType<typeof rulesOf> },
): { observation: Observation | null; rule: ReturnType<typeof rules.named> } {
  const governing = standing && (rules.named(standing.rule) ?? rules.ruleFor(standing));
  if (given.see === undefined) return { observation: null, rule: governing };
  if (given.see === 'no_data' || given.see === 'error')
    return { observation: { kind: given.see }, rule: governing };
  return observe([findingOf(timeline, given, now)], standing, { rules, severityOf });
}

function findingOf(timeline: Timeline, given: TimelineStep, until: Date): Finding {
  const { stream, verdict: usual } = timeline;
  const { see, samples, signal = timeline.signal, verdict = usual } = given;
  const { family, kind, up, down } = signalSpec(signal);
  const isAlarm = see === 'alarm';
  const hasData = see !== 'not_enough_data';
  return {
    ...stream,
    signal,
    family,
    detector: kind === 'rate' ? 'rate' : 'continuous',
    since: new Date(until.getTime() - 1),
    until,
    outcome: isAlarm ? 'alarm' : hasData ? 'quiet' : 'not_enough_data',
    direction: up === verdict ? 'up' : down === verdict ? 'down' : 'shape',
    verdict,
    effect: effectOf(given, kind),
    before: 0,
    after: 0,
    evidence: given.evidence ?? (isAlarm ? 2 : 0),
    samples: { baseline: samples, current: samples },
    histograms: { before: [], after: [] },
    changedSince: new Date(until.getTime() - 1),
    baselineVersion: '',
    becameBaseline: see === 'accepted',
    rowsNeeded: hasData ? null : 1,
  };
}

const effectOf = ({ effect: value }: TimelineStep, kind: 'number' | 'rate' | 'category'): Effect => ({
  name: kind === 'rate' ? 'rate_difference' : kind === 'number' ? 'cliffs_delta' : 'ks_distance',
  value,
  low: value,
  high: value,
});

function deliver(
  delivered: Played['delivered'],
  { effects, state: { incident } }: AlertStep,
  now: Date,
): Played['delivered'] {
  const after = { ...delivered };
  for (const { receiver, sequence, kind } of effects) {
    const severity = incident?.severity ?? 'info';
    const settled = { sequence, kind, severity, state: 'sent', at: now } as const;
    after[receiver] = afterDelivery(after[receiver] ?? NOTHING_DELIVERED, settled);
  }
  return after;
}

function resultOf({ at, expect = {} }: TimelineStep, { state: { incident }, effects, reason }: AlertStep) {
  const result = {
    atMs: at,
    state: incident?.state ?? ('normal' as const),
    reason,
    severity: incident?.severity ?? null,
    condition: incident?.condition ?? null,
    rule: incident?.rule ?? null,
    sent: effects.map(({ receiver, kind }) => ({ receiver, kind })),
  };
  return { ...result, misses: missesOf(expect, result, effects) };
}

const COMPARED = ['state', 'reason', 'severity', 'condition', 'rule'] as const;

function missesOf(
  expect: Expectation,
  result: Omit<TimelineResult, 'misses'>,
  effects: readonly QueuedNotification[],
): string[] {
  const misses = COMPARED.flatMap((field) => {
    const wanted = expect[field];
    return wanted === undefined || wanted === result[field] ? [] : [missText(field, wanted, result[field])];
  });
  if (expect.sent === undefined) return misses;
  const wanted = [...new Set(expect.sent)].sort().join(', ');
  const sent = sentText(expect.sent, effects);
  return wanted === sent ? misses : [...misses, missText('sent', wanted || 'nothing', sent || 'nothing')];
}

const missText = (field: string, wanted: string, was: string | null): string =>
  `${field}: expected ${wanted}, was ${was ?? 'none'}`;

/** As the expectation says it: with receivers where it names one, with updates in place where it names those. */
function sentText(wanted: readonly string[], effects: readonly QueuedNotification[]): string {
  const hasReceivers = wanted.some((text) => text.includes(' '));
  const hasChanged = wanted.some((text) => text.endsWith('changed'));
  const sent = effects
    .filter(({ kind }) => hasChanged || kind !== 'changed')
    .map(({ receiver, kind }) => (hasReceivers ? `${receiver} ${kind}` : kind));
  return [...new Set(sent)].sort().join(', ');
}
