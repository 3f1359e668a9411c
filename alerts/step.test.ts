import { describe, expect, it } from 'vitest';
import type { AlertRule } from '../core/alert-rule.ts';
import type { Finding } from '../core/finding.ts';
import { groupBy } from '../core/group-by.ts';
import type { Incident } from '../core/incident.ts';
import type { Severity } from '../core/severity.ts';
import { signalSpec } from '../core/signals.ts';
import type { Silence } from '../core/silence.ts';
import type { Observation } from './episode.ts';
import { observe, type Rules } from './observe.ts';
import type { Delivered, PlannedReceiver } from './plan.ts';
import {
  type AlertState,
  type AlertStep,
  isStanding,
  NOTHING_WRONG,
  type StepContext,
  step,
} from './step.ts';

const minute = (index: number) => new Date(index * 60_000);

function finding(
  signal: string,
  at: number,
  outcome: Finding['outcome'],
  more: Partial<Finding> = {},
): Finding {
  const hasData = outcome !== 'not_enough_data';
  return {
    project: 'default',
    model: 'm',
    version: '',
    segment: '',
    signal,
    family: 'drift',
    detector: 'continuous',
    since: minute(at),
    until: minute(at + 1),
    outcome,
    direction: hasData ? 'down' : null,
    verdict: hasData ? 'change' : null,
    effect: hasData ? { name: 'cliffs_delta', value: -0.5, low: -0.6, high: -0.4 } : null,
    before: 100,
    after: hasData ? 50 : null,
    evidence: outcome === 'alarm' ? 5 : 0,
    samples: { baseline: 500, current: 50 },
    histograms: { before: [[1, 500]], after: [[2, 50]] },
    changedSince: minute(at - 1),
    baselineVersion: '',
    becameBaseline: false,
    rowsNeeded: hasData ? null : 3,
    ...more,
  };
}

const RULE: AlertRule = {
  name: 'all',
  match: {
    families: [],
    verdicts: [],
    severities: [],
    projects: [],
    models: [],
    versions: [],
    segments: [],
    signals: [],
  },
  severity: null,
  isOn: true,
  forMs: 0,
  evidenceMin: 1,
  recoverEvidence: Number.POSITIVE_INFINITY,
  recoverWindows: 3,
  keepOpenMs: 0,
  samplesMin: 0,
  noData: { policy: 'hold', afterMs: 0 },
  error: { policy: 'hold', afterMs: 0 },
  labels: {},
  receivers: null,
  repeatMs: null,
  runbook: '',
};

const rules = (rule: AlertRule | null): Rules => ({
  ruleFor: () => rule,
  named: () => rule,
  blindRuleFor: () => null,
});
const severityOf = ({ evidence }: Finding): Severity => (evidence > 100 ? 'critical' : 'warning');
const CONTEXT: StepContext = {
  now: minute(0),
  rule: RULE,
  receivers: [],
  silences: [],
  delivered: {},
  acknowledged: null,
  speakerFor: () => '',
  spokenForBy: () => [],
  causes: new Map(),
};

type Change = { incident: Incident; reason: AlertStep['reason'] };

/** Plays windows of findings of one stream; by window, what each aspect with something to say did. */
function play(windows: readonly (readonly Finding[])[], rule = RULE): Change[][] {
  const states = new Map<string, AlertState>();
  return windows.map((findings, at) =>
    [...groupBy(findings, ({ signal }) => signalSpec(signal).aspect)].flatMap(([aspect, some]) => {
      const state = states.get(aspect) ?? NOTHING_WRONG;
      const standing = state.incident && isStanding(state.incident) ? state.incident : null;
      const { observation, rule: governing } = observe(some, standing, { rules: rules(rule), severityOf });
      const until = minute(at + 1);
      const stepped = step(state, { ...observation, until }, { ...CONTEXT, now: until, rule: governing });
      states.set(aspect, stepped.state);
      const { incident } = stepped.state;
      return incident ? [{ incident, reason: stepped.reason }] : [];
    }),
  );
}

const reasons = (changes: Change[][]) => changes.map((all) => all.map(({ reason }) => reason).join());

describe('an episode', () => {
  it('opens one incident for all signals of an aspect, named by the first of the registry', () => {
    const [step] = play([
      [
        finding('output_tokens', 0, 'alarm'),
        finding('response_characters', 0, 'alarm'),
        finding('tone', 0, 'quiet'),
      ],
    ]);
    expect(step).toHaveLength(1);
    expect(step?.[0]?.reason).toBe('opened');
    expect(step?.[0]?.incident).toMatchObject({
      aspect: 'length',
      signal: 'response_characters',
      signals: ['response_characters', 'output_tokens'],
      state: 'open',
      since: minute(-1),
      openedAt: minute(1),
      before: 100,
      after: 50,
    });
  });

  it('opens one incident per aspect', () => {
    const [step] = play([[finding('latency_ms', 0, 'alarm'), finding('score:correct', 0, 'alarm')]]);
    expect(step?.map(({ incident }) => incident.aspect)).toEqual(['speed', 'score:correct']);
  });

  it('is joined by another signal, updated, recovers, relapses, and closes after three quiet windows', () => {
    const changes = play([
      [finding('response_words', 0, 'alarm')],
      [finding('response_words', 1, 'alarm', { after: 40 }), finding('response_characters', 1, 'alarm')],
      [finding('response_words', 2, 'alarm', { evidence: 9 })],
      [finding('response_words', 3, 'quiet')],
      [finding('response_words', 4, 'alarm')],
      [finding('response_words', 5, 'quiet')],
      [finding('response_words', 6, 'quiet')],
      [finding('response_words', 7, 'quiet')],
      [finding('response_words', 8, 'quiet')],
    ]);
    expect(reasons(changes)).toEqual([
      'opened',
      'joined',
      'updated',
      'recovering',
      'relapsed',
      'recovering',
      'recovering',
      'recovered',
      'normal',
    ]);
    const last = changes[7]?.[0]?.incident;
    expect(last).toMatchObject({ state: 'closed', closedAt: minute(8), evidence: 9, since: minute(-1) });
    expect(new Set(changes.flat().map(({ incident }) => incident.id)).size).toBe(1);
  });

  it('is not resolved by missing data, by no rows, or by other signals', () => {
    const changes = play([
      [finding('latency_ms', 0, 'alarm')],
      [],
      [finding('latency_ms', 2, 'not_enough_data')],
      [finding('tone', 3, 'quiet')],
      [],
    ]);
    expect(reasons(changes)).toEqual(['opened', '', 'not_enough_data', '', '']);
    expect(changes[2]?.[0]?.incident).toMatchObject({
      state: 'open',
      condition: 'not_enough_data',
      conditionSince: minute(3),
      updatedAt: minute(1),
    });
  });

  it('does not take a version that resembles itself for recovered', () => {
    const compared = { detector: 'version_comparison', baselineVersion: 'v1' } as const;
    const changes = play([
      [finding('latency_ms', 0, 'alarm', compared)],
      ...[1, 2, 3, 4].map((at) => [finding('latency_ms', at, 'quiet')]),
    ]);
    expect(changes.at(-1)?.[0]).toMatchObject({
      reason: 'hold',
      incident: { state: 'open', condition: 'measured', baselineVersion: 'v1' },
    });
  });

  it('keeps showing what a version changed while the version also drifts from itself', () => {
    const compared = { detector: 'version_comparison', baselineVersion: 'v1', after: 70 } as const;
    const changes = play([
      [finding('latency_ms', 0, 'alarm', compared)],
      [finding('latency_ms', 1, 'alarm', { after: 20 })],
    ]);
    expect(changes[1]?.[0]?.incident).toMatchObject({
      detector: 'version_comparison',
      after: 70,
      baselineVersion: 'v1',
    });
  });

  it('closes as accepted when the change has become the baseline of all its signals', () => {
    const both = (at: number, accepted: readonly string[]) =>
      ['response_words', 'output_tokens'].map((signal) =>
        finding(signal, at, 'alarm', { becameBaseline: accepted.includes(signal) }),
      );
    const changes = play([
      both(0, []),
      both(1, ['response_words']),
      both(2, ['response_words', 'output_tokens']),
    ]);
    expect(reasons(changes)).toEqual(['opened', 'updated', 'accepted']);
  });

  it('has the same id in a replay, and another for another stream or window', () => {
    const idOf = (at: number, model: string) =>
      play(
        Array.from({ length: at + 1 }, (_, i) =>
          i === at ? [finding('latency_ms', i, 'alarm', { model })] : [],
        ),
      )
        .flat()
        .find(({ reason }) => reason === 'opened')?.incident.id;
    expect(idOf(0, 'm')).toBe(idOf(0, 'm'));
    expect(new Set([idOf(0, 'm'), idOf(1, 'm'), idOf(0, 'n')]).size).toBe(3);
  });
});

const MINUTE = 60_000;

describe('a rule', () => {
  it('makes a change stand before its incident opens, and drops one that did not', () => {
    const changes = play(
      [
        [finding('latency_ms', 0, 'alarm')],
        [finding('latency_ms', 1, 'quiet')],
        [finding('latency_ms', 2, 'alarm')],
        [finding('latency_ms', 3, 'not_enough_data')],
        [finding('latency_ms', 4, 'alarm')],
      ],
      { ...RULE, forMs: 2 * MINUTE },
    );
    expect(reasons(changes)).toEqual(['pending', 'dropped', 'pending', 'not_enough_data', 'opened']);
    expect(changes[1]?.[0]?.incident.state).toBe('dropped');
    expect(changes[4]?.[0]?.incident).toMatchObject({ state: 'open', openedAt: minute(5), since: minute(1) });
  });

  it('asks for inferences and evidence', () => {
    const weak = finding('latency_ms', 0, 'alarm', { evidence: 4 });
    const small = finding('latency_ms', 0, 'alarm', { samples: { baseline: 500, current: 9 } });
    expect(play([[weak]], { ...RULE, evidenceMin: 5 })).toEqual([[]]);
    expect(play([[small]], { ...RULE, samplesMin: 10 })).toEqual([[]]);
    expect(reasons(play([[weak]], { ...RULE, evidenceMin: 4 }))).toEqual(['opened']);
  });

  it('closes with hysteresis, and not before the change has been gone for long enough', () => {
    const quiet = (at: number, evidence: number) => [finding('latency_ms', at, 'quiet', { evidence })];
    const changes = play(
      [
        [finding('latency_ms', 0, 'alarm')],
        quiet(1, 0.9),
        quiet(2, 0.1),
        quiet(3, 0.1),
        quiet(4, 0.1),
        quiet(5, 0.1),
      ],
      { ...RULE, recoverEvidence: 0.5, recoverWindows: 2, keepOpenMs: 5 * MINUTE },
    );
    expect(reasons(changes)).toEqual(['opened', 'hold', 'recovering', 'kept_open', 'kept_open', 'recovered']);
  });

  it('that is off opens nothing, and closes what is open', () => {
    expect(reasons(play([[finding('latency_ms', 0, 'alarm')]], { ...RULE, isOn: false }))).toEqual(['']);
    const { state } = step(NOTHING_WRONG, alarmAt(1), CONTEXT);
    const off = step(state, { kind: 'quiet', until: minute(2) }, { ...CONTEXT, rule: null });
    expect(off).toMatchObject({ reason: 'off', state: { incident: { state: 'closed' } } });
  });

  it('raises the severity of an incident, and never lowers it', () => {
    const changes = play([
      [finding('latency_ms', 0, 'alarm')],
      [finding('latency_ms', 1, 'alarm', { evidence: 1_000 })],
      [finding('latency_ms', 2, 'alarm')],
    ]);
    expect(reasons(changes)).toEqual(['opened', 'escalated', 'updated']);
    expect(changes.map(([one]) => one?.incident.severity)).toEqual(['warning', 'critical', 'critical']);
  });
});

it('what comes back within a day takes twice as long to close each time', () => {
  const windows: Finding[][] = [];
  for (let episode = 0; episode < 3; episode++) {
    windows.push([finding('latency_ms', windows.length, 'alarm')]);
    for (let i = 0; i < 12; i++) windows.push([finding('latency_ms', windows.length, 'quiet')]);
  }
  const changes = play(windows);
  const closedAfter = changes
    .flatMap((all, at) => (all[0]?.reason === 'recovered' ? [at % 13] : []))
    .slice(0, 3);
  expect(closedAfter).toEqual([3, 6, 12]);
  expect(reasons(changes)).toContain('damped');
  expect(changes[26]?.[0]?.incident.reopenings).toBe(2);
});

const alarmAt = (at: number, more: Partial<Finding> = {}): Observation & { until: Date } => ({
  kind: 'alarm',
  alarms: [finding('latency_ms', at - 1, 'alarm', more)],
  severity: severityOf(finding('latency_ms', at - 1, 'alarm', more)),
  until: minute(at),
});
const quietAt = (at: number): Observation & { until: Date } => ({ kind: 'quiet', until: minute(at) });

const PAGER: PlannedReceiver = {
  name: 'pager',
  kinds: new Set(['firing', 'escalated', 'acknowledged', 'reminder', 'resolved']),
};
const CHAT: PlannedReceiver = {
  name: 'chat',
  kinds: new Set(['firing', 'escalated', 'changed', 'reminder', 'resolved']),
};
const ANNOUNCED: Delivered = {
  settled: 1,
  isAnnounced: true,
  severity: 'warning',
  calledAt: minute(1),
  isAcknowledged: false,
  failedAt: null,
};
const SILENCE: Silence = {
  id: 's',
  project: '',
  matchers: [{ field: 'model', isNegated: false, pattern: 'm*' }],
  startsAt: minute(0),
  endsAt: minute(10),
  author: 'a',
  comment: '',
};

describe('what a receiver is told', () => {
  const at = (now: number, more: Partial<StepContext> = {}): StepContext => ({
    ...CONTEXT,
    receivers: [PAGER],
    now: minute(now),
    ...more,
  });
  const opened = step(NOTHING_WRONG, alarmAt(1), at(1)).state;
  const closedFrom = (state: AlertState, more: Partial<StepContext> = {}): AlertStep => {
    let last = step(state, quietAt(2), at(2, more));
    for (const window of [3, 4]) last = step(last.state, quietAt(window), at(window, more));
    return last;
  };
  const kinds = ({ effects }: AlertStep) => effects.map(({ kind }) => kind);

  it('is told once that it opened, and once that it closed', () => {
    const first = step(NOTHING_WRONG, alarmAt(1), at(1));
    expect(first.effects).toEqual([{ receiver: 'pager', sequence: 1, kind: 'firing', at: minute(1) }]);
    expect(step(first.state, alarmAt(2), at(2))).toMatchObject({
      effects: [],
      plans: { pager: 'on_its_way' },
    });
    const last = closedFrom(first.state, { delivered: { pager: ANNOUNCED } });
    expect(last.effects).toEqual([{ receiver: 'pager', sequence: 2, kind: 'resolved', at: minute(4) }]);
    expect(
      step(last.state, null, at(5, { delivered: { pager: { ...ANNOUNCED, settled: 2 } } })),
    ).toMatchObject({
      effects: [],
      reason: 'tick',
      plans: { pager: 'up_to_date' },
    });
  });

  it('is told the next episode from the beginning', () => {
    const closed = closedFrom(opened).state;
    const again = step(closed, alarmAt(6), at(6));
    expect(again).toMatchObject({ reason: 'opened', effects: [{ kind: 'firing', sequence: 1 }] });
    expect(again.state.incident?.id).not.toBe(closed.incident?.id);
  });

  it('hears of an escalation measured against what was delivered last', () => {
    const risen = step(opened, alarmAt(2, { evidence: 1_000 }), at(2));
    expect(risen.plans).toEqual({ pager: 'on_its_way' });
    const told = { ...ANNOUNCED, severity: 'critical' as const };
    expect(step(risen.state, null, at(3, { delivered: { pager: told } })).plans).toEqual({
      pager: 'up_to_date',
    });
    expect(kinds(step(risen.state, null, at(3, { delivered: { pager: ANNOUNCED } })))).toEqual(['escalated']);
  });

  it('is not called while silenced, and is when the silence ends', () => {
    const silenced = step(NOTHING_WRONG, alarmAt(1), at(1, { silences: [SILENCE] }));
    expect(silenced).toMatchObject({ effects: [], plans: { pager: 'silenced' } });
    expect(closedFrom(silenced.state, { silences: [SILENCE] })).toMatchObject({
      effects: [],
      plans: { pager: 'never_announced' },
    });
    expect(kinds(step(silenced.state, null, at(10, { silences: [SILENCE] })))).toEqual(['firing']);
  });

  it('hears that what it was told of has closed, silenced or not', () => {
    const last = closedFrom(opened, { delivered: { pager: ANNOUNCED }, silences: [SILENCE] });
    expect(kinds(last)).toEqual(['resolved']);
  });

  it('is not called for what another incident speaks for', () => {
    const muted = step(NOTHING_WRONG, alarmAt(1), at(1, { speakerFor: () => 'whole' }));
    expect(muted).toMatchObject({
      effects: [],
      plans: { pager: 'muted' },
      state: { incident: { mutedBy: 'whole' } },
    });
    expect(kinds(step(muted.state, null, at(2)))).toEqual(['firing']);
  });

  it('is reminded until somebody has taken it on, and told who', () => {
    const rule = { ...RULE, repeatMs: 5 * MINUTE };
    const delivered = { pager: ANNOUNCED };
    expect(kinds(step(opened, null, at(5, { rule, delivered })))).toEqual([]);
    expect(kinds(step(opened, null, at(6, { rule, delivered })))).toEqual(['reminder']);
    const acknowledged = { by: 'ann', at: minute(3), comment: '' };
    const told = step(opened, null, at(6, { rule, delivered, acknowledged }));
    expect(kinds(told)).toEqual(['acknowledged']);
    const known = { pager: { ...ANNOUNCED, settled: 2, isAcknowledged: true } };
    expect(step(told.state, null, at(9, { rule, delivered: known, acknowledged })).effects).toEqual([]);
  });

  it('is shown what changed, at most once a minute, if it can be', () => {
    const more = { receivers: [CHAT, PAGER], delivered: { chat: ANNOUNCED, pager: ANNOUNCED } };
    const both = step(NOTHING_WRONG, alarmAt(1), at(1, { receivers: [CHAT, PAGER] })).state;
    const changed = step(both, alarmAt(2), at(2, more));
    expect(changed.effects).toEqual([{ receiver: 'chat', sequence: 2, kind: 'changed', at: minute(2) }]);
    const settled = { ...more, delivered: { ...more.delivered, chat: { ...ANNOUNCED, settled: 2 } } };
    const soon = step(changed.state, alarmAt(3), {
      ...at(3, settled),
      now: new Date(minute(3).getTime() - 1),
    });
    expect(soon.plans['chat']).toBe('up_to_date');
    expect(kinds(step(soon.state, null, at(3, settled)))).toEqual(['changed']);
  });

  it('is not asked again once it has refused for good, unless it is more urgent', () => {
    const refused: Delivered = {
      ...ANNOUNCED,
      isAnnounced: false,
      severity: null,
      calledAt: null,
      failedAt: 'warning',
    };
    const delivered = { pager: refused };
    expect(step(opened, null, at(2, { delivered })).plans).toEqual({ pager: 'refused' });
    expect(kinds(step(opened, alarmAt(2, { evidence: 1_000 }), at(2, { delivered })))).toEqual(['firing']);
    expect(closedFrom(opened, { delivered })).toMatchObject({
      effects: [],
      plans: { pager: 'never_announced' },
    });
  });

  it('goes on being shown an incident when a reminder is due that it has no use for', () => {
    const lapsing: PlannedReceiver = {
      ...CHAT,
      kinds: new Set(['firing', 'changed', 'resolved']),
      refreshMs: 5 * MINUTE,
    };
    const rule = { ...RULE, repeatMs: 10 * MINUTE };
    let { state } = step(NOTHING_WRONG, alarmAt(1), at(1, { receivers: [lapsing], rule }));
    let delivered = { chat: ANNOUNCED };
    const shown: number[] = [];
    for (let minute = 2; minute < 60; minute++) {
      const next = step(state, null, at(minute, { receivers: [lapsing], rule, delivered }));
      state = next.state;
      for (const { sequence } of next.effects) {
        shown.push(minute);
        delivered = { chat: { ...ANNOUNCED, settled: sequence } };
      }
    }
    expect(shown).toEqual([6, 11, 16, 21, 26, 31, 36, 41, 46, 51, 56]);
  });

  it('is not called for one that was judged last hours ago: history that was imported', () => {
    const past = step(NOTHING_WRONG, alarmAt(1), at(6 * 60 + 2));
    expect(past).toMatchObject({
      effects: [],
      plans: { pager: 'past' },
      state: { incident: { state: 'open' } },
    });
  });

  it('whose reminder was given up is not asked again each time', () => {
    const rule = { ...RULE, repeatMs: 5 * MINUTE };
    const delivered = { pager: { ...ANNOUNCED, settled: 2, failedAt: 'warning' as const } };
    expect(step(opened, null, at(20, { rule, delivered })).effects).toEqual([]);
    const risen = step(opened, alarmAt(2, { evidence: 1_000 }), at(2, { rule, delivered }));
    expect(kinds(risen)).toEqual(['escalated']);
  });

  it('is told of blindness once, however it is blind', () => {
    const rule = { ...RULE, noData: { policy: 'tell' as const, afterMs: 0 } };
    let state = opened;
    let delivered = { pager: ANNOUNCED };
    const told: number[] = [];
    for (let minute = 2; minute < 360; minute++) {
      const sinceLast = minute % 30;
      const kind =
        sinceLast === 5 ? ('not_enough_data' as const) : sinceLast > 16 ? ('no_data' as const) : null;
      const observation = kind && { kind, until: new Date(minute * MINUTE) };
      const next = step(state, observation, at(minute, { rule, delivered }));
      state = next.state;
      for (const { sequence } of next.effects) {
        told.push(minute);
        delivered = { pager: { ...ANNOUNCED, settled: sequence, calledAt: new Date(minute * MINUTE) } };
      }
    }
    expect(told).toHaveLength(1);
  });

  it('is not kept from anything by a silence of a label that every object has', () => {
    const matchers = [{ field: 'label:constructor', isNegated: false, pattern: 'x' }] as const;
    const silences = [{ ...SILENCE, matchers }];
    expect(kinds(step(NOTHING_WRONG, alarmAt(1), at(1, { silences })))).toEqual(['firing']);
  });

  it('hears only of what its rule sends it', () => {
    const elsewhere = step(NOTHING_WRONG, alarmAt(1), at(1, { rule: { ...RULE, receivers: ['chat'] } }));
    expect(elsewhere.plans).toEqual({ pager: 'not_routed' });
  });

  it('waits while the change is pending', () => {
    const pending = step(NOTHING_WRONG, alarmAt(1), at(1, { rule: { ...RULE, forMs: MINUTE } }));
    expect(pending).toMatchObject({ effects: [], plans: { pager: 'pending' } });
  });
});
