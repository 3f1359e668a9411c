import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertRule } from '../core/alert-rule.ts';
import type { Finding } from '../core/finding.ts';
import { SEVERITIES, type Severity } from '../core/severity.ts';
import type { EpisodeReason, Observation } from './episode.ts';
import {
  type Delivered,
  NOTHING_DELIVERED,
  type PlannedReceiver,
  type PlanReason,
  type QueuedNotification,
} from './plan.ts';
import { defaultRuleSet } from './rules/rules-file.ts';
import { type AlertState, isStanding, NOTHING_WRONG, step } from './step.ts';

const MINUTE = 60_000;
const RECEIVERS: readonly PlannedReceiver[] = [
  {
    name: 'chat',
    kinds: new Set(['firing', 'escalated', 'changed', 'acknowledged', 'reminder', 'resolved']),
  },
  { name: 'pager', kinds: new Set(['firing', 'escalated', 'resolved']) },
];
const base = defaultRuleSet().rules.find(({ name }) => name === 'refusals') as AlertRule;

type Event =
  | {
      readonly kind: 'alarm';
      readonly severity: Severity;
      readonly signal: 'response_words' | 'output_tokens';
    }
  | { readonly kind: 'rule'; readonly isOn: boolean }
  | { readonly kind: 'sleep' }
  | {
      readonly kind: 'quiet' | 'hold' | 'accepted' | 'not_enough_data' | 'no_data' | 'error' | 'tick' | 'ack';
    }
  | { readonly kind: 'silence'; readonly minutes: number }
  | { readonly kind: 'mute'; readonly by: string }
  | { readonly kind: 'deliver'; readonly outcome: 'sent' | 'failed' };

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sleep' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rule' as const), isOn: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('alarm' as const),
      severity: fc.constantFrom(...SEVERITIES),
      signal: fc.constantFrom('response_words' as const, 'output_tokens' as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        ...([
          'quiet',
          'quiet',
          'quiet',
          'hold',
          'accepted',
          'not_enough_data',
          'no_data',
          'error',
          'tick',
          'ack',
        ] as const),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('silence' as const), minutes: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('mute' as const), by: fc.constantFrom('', 'whole') }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      outcome: fc.constantFrom(...(['sent', 'sent', 'sent', 'failed'] as const)),
    }),
  },
);
const anyRule = fc.record({
  receivers: fc.constantFrom(null, ['chat']),
  forMs: fc.constantFrom(0, 3 * MINUTE),
  keepOpenMs: fc.constantFrom(0, 5 * MINUTE),
  recoverWindows: fc.integer({ min: 1, max: 3 }),
  repeatMs: fc.constantFrom(null, 10 * MINUTE),
});

/** What one receiver was told of one incident, as it was queued and as it arrived. */
interface Story {
  readonly queued: QueuedNotification[];
  readonly sent: QueuedNotification[];
  delivered: Delivered;
}

/** Every reason there is; the compiler knows when one is missing. */
const REASONS: Readonly<Record<EpisodeReason | PlanReason | 'tick', true>> = {
  normal: true,
  off: true,
  pending: true,
  dropped: true,
  opened: true,
  joined: true,
  updated: true,
  escalated: true,
  relapsed: true,
  recovering: true,
  kept_open: true,
  damped: true,
  recovered: true,
  accepted: true,
  hold: true,
  not_enough_data: true,
  no_data: true,
  error: true,
  tick: true,
  acknowledged: true,
  repeated: true,
  blind: true,
  changed: true,
  resolved: true,
  up_to_date: true,
  on_its_way: true,
  silenced: true,
  muted: true,
  not_routed: true,
  never_announced: true,
  refused: true,
  past: true,
};
const reached = new Set<string>();

class Play {
  rule: AlertRule;
  state: AlertState = NOTHING_WRONG;
  readonly stories = new Map<string, Story>();
  readonly closed = new Set<string>();
  #minute = 0;
  #silencedUntil = 0;
  #mutedBy = '';
  #acknowledged: { by: string; at: Date; comment: string } | null = null;

  constructor(rule: Partial<AlertRule>) {
    this.rule = { ...base, ...rule, noData: { policy: 'tell', afterMs: 0 } };
  }

  take(event: Event): void {
    this.#minute += event.kind === 'sleep' ? 24 * 60 : 1;
    if (event.kind === 'silence') this.#silencedUntil = this.#minute + event.minutes;
    else if (event.kind === 'mute') this.#mutedBy = event.by;
    else if (event.kind === 'ack') this.#acknowledged = { by: 'a', at: this.#now(), comment: '' };
    else if (event.kind === 'deliver') this.#deliver(event.outcome);
    else if (event.kind === 'rule') this.rule = { ...this.rule, isOn: event.isOn };
    this.#step(this.#observationOf(event));
  }

  #now = (): Date => new Date(this.#minute * MINUTE);

  #observationOf(event: Event): Observation | null {
    if (event.kind === 'alarm')
      return {
        kind: 'alarm',
        alarms: [{ ...alarm(this.#minute), signal: event.signal }],
        severity: event.severity,
      };
    const isSeen = ['quiet', 'hold', 'accepted', 'not_enough_data', 'no_data', 'error'].includes(event.kind);
    return isSeen ? ({ kind: event.kind } as Observation) : null;
  }

  #step(observation: Observation | null): void {
    const now = this.#now();
    const before = this.state.incident;
    const id = before?.id ?? '';
    const silence = {
      id: 's',
      project: '',
      matchers: [],
      startsAt: new Date(0),
      endsAt: new Date(this.#silencedUntil * MINUTE),
      author: '',
      comment: '',
    };
    const stepped = step(this.state, observation && { ...observation, until: now }, {
      now,
      rule: this.rule,
      receivers: RECEIVERS,
      silences: [silence],
      delivered: Object.fromEntries(RECEIVERS.map(({ name }) => [name, this.story(id, name).delivered])),
      acknowledged: before?.acknowledged ?? this.#acknowledged,
      speakerFor: () => this.#mutedBy,
      spokenForBy: () => [],
      causes: new Map(),
    });
    this.state = stepped.state;
    reached.add(stepped.reason);
    for (const why of Object.values(stepped.plans)) reached.add(why);
    const { incident } = stepped.state;
    if (incident?.state === 'closed') this.closed.add(incident.id);
    if (incident?.id !== id) this.#acknowledged = null;
    this.#check(stepped.effects, observation, before);
  }

  #check(
    effects: readonly QueuedNotification[],
    observation: Observation | null,
    before: AlertState['incident'],
  ): void {
    const { incident } = this.state;
    if (!incident) return;
    const isBlind = observation && ['not_enough_data', 'no_data', 'error'].includes(observation.kind);
    if (isBlind && this.rule.isOn && before && isStanding(before)) expect(incident.state).toBe(before.state);
    for (const effect of effects) {
      const story = this.story(incident.id, effect.receiver);
      if (effect.kind !== 'firing')
        expect(
          story.queued.map(({ kind }) => kind),
          'nothing before the firing',
        ).toContain('firing');
      if (effect.kind === 'escalated')
        expect(SEVERITIES.indexOf(incident.severity)).toBeGreaterThan(
          SEVERITIES.indexOf(story.delivered.severity ?? 'critical'),
        );
      expect(effect.sequence).toBe((story.queued.at(-1)?.sequence ?? 0) + 1);
      expect(incident.state === 'pending' || incident.state === 'dropped').toBe(false);
      story.queued.push(effect);
    }
  }

  /** The next of each receiver arrives, or is refused for good. */
  #deliver(outcome: 'sent' | 'failed'): void {
    for (const [key, story] of this.stories) {
      const next = story.queued.find(({ sequence }) => sequence > story.delivered.settled);
      if (!next) continue;
      const severity = this.#severityOf(key);
      story.delivered = settled(story, next, { outcome, severity, now: this.#now() });
    }
  }

  #severityOf(key: string): Severity {
    const { incident } = this.state;
    return incident && key.startsWith(`${incident.id} `) ? incident.severity : 'warning';
  }

  story(id: string, receiver: string): Story {
    const key = `${id} ${receiver}`;
    const known = this.stories.get(key);
    if (known) return known;
    const fresh: Story = { queued: [], sent: [], delivered: NOTHING_DELIVERED };
    if (id !== '') this.stories.set(key, fresh);
    return fresh;
  }
}

/** As the deliverer does it: what was never announced has no end. */
function settled(
  { delivered, sent }: Story,
  next: QueuedNotification,
  { outcome, severity, now }: { outcome: 'sent' | 'failed'; severity: Severity; now: Date },
): Delivered {
  const isCall = CALLS.has(next.kind);
  const isSkipped = !delivered.isAnnounced && next.kind !== 'firing' && next.kind !== 'escalated';
  if (outcome === 'failed' || isSkipped) {
    const failedAt = isCall && !isSkipped ? severity : delivered.failedAt;
    return { ...delivered, settled: next.sequence, failedAt };
  }
  sent.push(next);
  const heard = { ...delivered, settled: next.sequence, isAnnounced: true };
  if (next.kind === 'acknowledged') return { ...heard, isAcknowledged: true };
  return isCall ? { ...heard, severity, calledAt: now, failedAt: null } : heard;
}

const CALLS: ReadonlySet<string> = new Set(['firing', 'escalated', 'reminder']);

function alarm(minute: number): Finding {
  return {
    project: 'p',
    model: 'm',
    version: '',
    segment: '',
    signal: 'response_words',
    family: 'degradation',
    detector: 'rate',
    since: new Date((minute - 1) * MINUTE),
    until: new Date(minute * MINUTE),
    outcome: 'alarm',
    direction: 'up',
    verdict: 'regression',
    effect: { name: 'rate_difference', value: 0.1, low: 0.05, high: 0.2 },
    before: 0.1,
    after: 0.2,
    evidence: 2,
    samples: { baseline: 500, current: 100 },
    histograms: { before: [], after: [] },
    changedSince: new Date((minute - 1) * MINUTE),
    baselineVersion: '',
    becameBaseline: false,
    rowsNeeded: null,
  };
}

function checkStory({ queued, sent, delivered }: Story, isClosed: boolean): void {
  const count = (kind: string, all = queued): number => all.filter((one) => one.kind === kind).length;
  if (sent[0]) expect(['firing', 'escalated']).toContain(sent[0].kind);
  expect(count('firing', sent)).toBeLessThanOrEqual(1);
  if (!isClosed) expect(count('resolved')).toBe(0);
  else if (delivered.isAnnounced) expect(count('resolved')).toBe(1);
}

const played = fc.tuple(anyRule, fc.array(anyEvent, { maxLength: 80, size: 'max' }));

describe('whatever happens', () => {
  it('nothing is resolved that was not announced, what was announced is resolved once, and nothing blind ends it', () => {
    fc.assert(
      fc.property(played, ([rule, events]) => {
        const play = new Play(rule);
        for (const event of events) play.take(event);
        // Everything that waits arrives.
        for (let i = 0; i < 100; i++) play.take({ kind: 'deliver', outcome: 'sent' });
        for (const [key, story] of play.stories) checkStory(story, play.closed.has(key.split(' ')[0] ?? ''));
      }),
      { numRuns: 400, seed: 5 },
    );
    expect([...reached].sort()).toEqual(Object.keys(REASONS).sort());
  });

  it('JSON keeps all of its state, and a step taken twice from it is the same step', () => {
    fc.assert(
      fc.property(played, ([rule, events]) => {
        const play = new Play(rule);
        for (const event of events) play.take(event);
        const context = {
          now: new Date(10_000 * MINUTE),
          rule: play.rule,
          receivers: RECEIVERS,
          silences: [],
          delivered: {},
          acknowledged: null,
          speakerFor: () => '',
          spokenForBy: () => [],
          causes: new Map(),
        };
        const first = step(play.state, null, context);
        expect(step(play.state, null, context)).toEqual(first);
        expect(JSON.parse(JSON.stringify(first))).toEqual(
          JSON.parse(JSON.stringify(step(play.state, null, context))),
        );
      }),
      { numRuns: 100 },
    );
  });
});
