import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../alerts/observe.ts';
import { parseRulesFile } from '../../alerts/rules/rules-file.ts';
import { NOTHING_WRONG, step } from '../../alerts/step.ts';
import type { Incident } from '../../core/incident.ts';
import { incidentTitle } from '../../core/incident-words.ts';
import type { Arrival } from '../../sql/queries/arrivals.ts';
import { keyOf } from './alert-book.ts';
import { PRESENCE_SPAN_MS, type PresenceOptions, presence, withLatest } from './presence.ts';
import type { ClockObservation } from './turn.ts';

const HOUR = 3_600_000;
const NOW = new Date('2026-11-22T10:00:00.000Z');
const ago = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR);
const ARRIVAL: Arrival = {
  project: 'p',
  model: 'm',
  version: '',
  seenAtLeast: ago(0),
  lastSeen: ago(0),
  longestGapMs: 0,
  hours: 200,
  perHour: 120,
  judgedUntil: ago(0),
};
const rules = (text: string) =>
  rulesOf(parseRulesFile(`rules:\n${text}`, { file: 'r', env: {}, runbooks: [] }).rules);
const ALERTING = rules(
  '  - { name: data, match: { signal: [inferences, judgements] }, no_data: { do: alert, after: 2h }, error: { do: alert, after: 1h } }\n  - { name: rest }',
);
const options = (more: Partial<PresenceOptions> = {}): PresenceOptions => ({
  now: NOW,
  rules: ALERTING,
  standing: [],
  judgedWithinMs: HOUR / 4,
  ...more,
});
const look = (arrival: Partial<Arrival>, more: Partial<PresenceOptions> = {}): ClockObservation[] =>
  presence([{ ...ARRIVAL, ...arrival }], options(more));

const aspects = (seen: readonly ClockObservation[]): unknown[] => seen.map(({ key }) => JSON.parse(key)[4]);
const v = (version: string, silentHours: number, hours = 200): Arrival => ({
  ...ARRIVAL,
  version,
  lastSeen: ago(silentHours),
  hours,
});
const missed = (arrivals: readonly Arrival[], more: Partial<PresenceOptions> = {}): unknown[] =>
  presence(arrivals, options(more)).map(({ key }) => JSON.parse(key)[2]);

/** What an observation makes of nothing. */
function opened({ observation, rule }: ClockObservation): Incident {
  const { incident } = step(NOTHING_WRONG, observation, {
    now: NOW,
    rule,
    receivers: [],
    silences: [],
    delivered: {},
    acknowledged: null,
    speakerFor: () => '',
    spokenForBy: () => [],
    causes: new Map(),
  }).state;
  if (!incident) throw new Error('it opened nothing');
  return incident;
}

describe('a stream', () => {
  it('that has fallen silent for longer than its rule allows opens an incident of its own', () => {
    expect(look({ lastSeen: ago(1.9) })).toEqual([]);
    const [seen, ...rest] = look({ lastSeen: ago(2.1) });
    expect(rest).toEqual([]);
    const incident = opened(seen!);
    expect(incident).toMatchObject({
      aspect: 'arrival',
      signal: 'inferences',
      rule: 'data',
      state: 'open',
      verdict: 'regression',
      since: ago(2.1),
      detector: 'presence',
    });
    expect(incidentTitle(incident)).toBe('m: no inferences arrive (usually 120 an hour)');
  });

  it('that sleeps each night is not missed at night', () => {
    expect(look({ lastSeen: ago(9), longestGapMs: 8 * HOUR })).toEqual([]);
    expect(look({ lastSeen: ago(17), longestGapMs: 8 * HOUR })).toHaveLength(1);
  });

  it('that nothing judges opens one too, and only where windows are of time', () => {
    const late = { judgedUntil: ago(1.5) };
    const [seen] = look(late);
    expect(incidentTitle(opened(seen!))).toBe('m: inferences arrive, and nothing judges them');
    expect(look(late, { judgedWithinMs: null })).toEqual([]);
    expect(look({ judgedUntil: ago(1.2) })).toEqual([]);
    expect(look({ judgedUntil: null })).toEqual([]);
  });

  it('is not said to be judged by nobody because the hour is all that is known of its end', () => {
    const stopped = { seenAtLeast: ago(40), lastSeen: ago(39), judgedUntil: ago(40 - 1 / 12) };
    expect(aspects(look({ ...stopped, lastSeen: ago(38) }, { judgedWithinMs: 0 }))).toEqual(['arrival']);
    expect(aspects(look({ ...stopped, seenAtLeast: ago(38), lastSeen: ago(37) }))).toContain('judging');
  });

  it('that had inferences in few hours is not missed', () => {
    expect(look({ lastSeen: ago(9), hours: 1 })).toEqual([]);
    expect(look({ lastSeen: ago(9), hours: 5 })).toEqual([]);
    expect(look({ lastSeen: ago(9), hours: 6 })).toHaveLength(1);
  });

  it('of a version that another has replaced is not missed', () => {
    expect(missed([v('1', 9), v('2', 0, 1)])).toEqual([]);
    expect(missed([v('1', 9), v('2', 1.9, 1)])).toEqual([]);
    // The first night of the new one.
    expect(missed([{ ...v('1', 17), longestGapMs: 8 * HOUR }, v('2', 8, 3)])).toEqual([]);
    expect(missed([v('1', 9), { ...v('2', 0), model: 'another' }])).toEqual(['1']);
    expect(missed([v('1', 9), { ...v('2', 0), project: 'another' }])).toEqual(['1']);
  });

  it('of a model whose versions all fell silent is missed: the last one, and what ended with it', () => {
    expect(missed([v('1', 9), v('2', 8)])).toEqual(['1', '2']);
    expect(missed([v('1', 99), v('2', 8), v('3', 7, 1)])).toEqual(['2']);
    // A call by hand, long after it ended, does not replace it.
    expect(missed([v('1', 99), v('2', 8, 1)])).toEqual(['1']);
  });

  it('opens nothing where no rule asks for it', () => {
    expect(look({ lastSeen: ago(99) }, { rules: rules('  - { name: rest }') })).toEqual([]);
  });
});

describe('a standing incident', () => {
  const silent = opened(look({ lastSeen: ago(3) })[0]!);
  const key = keyOf({ ...ARRIVAL, segment: '' }, 'arrival');
  const other: Incident = { ...silent, aspect: 'refusal', signal: 'refusal', detector: 'rate', rule: 'rest' };
  const otherKey = keyOf(other, 'refusal');

  it('of silence is left alone while it lasts, and recovers when something arrives', () => {
    const standing = [[key, silent] as const];
    expect(look({ lastSeen: ago(3) }, { standing })).toEqual([]);
    expect(look({ lastSeen: ago(300), hours: 2 }, { standing })).toEqual([]);
    expect(look({}, { standing })).toMatchObject([{ key, observation: { kind: 'quiet' } }]);
  });

  it('of silence that comes back while it recovers counts its quiet looks anew', () => {
    const recovering = { ...silent, state: 'recovering', quietWindows: 2 } as const;
    const [seen, ...rest] = look({ lastSeen: ago(3) }, { standing: [[key, recovering]] });
    expect(rest).toEqual([]);
    expect(seen).toMatchObject({ key, observation: { kind: 'alarm' } });
    const told = { incident: recovering, closings: [], told: {} };
    const context = { now: NOW, rule: seen!.rule, receivers: [], silences: [], delivered: {} };
    const { state } = step(told, seen!.observation, {
      ...context,
      acknowledged: null,
      speakerFor: () => '',
      spokenForBy: () => [],
      causes: new Map(),
    });
    expect(state.incident).toMatchObject({ id: silent.id, state: 'open', quietWindows: 0 });
  });

  it('of silence recovers when another version takes over', () => {
    const standing = [[key, silent] as const];
    const seen = presence([{ ...ARRIVAL, lastSeen: ago(3) }, v('2', 0, 1)], options({ standing }));
    expect(seen).toMatchObject([{ key, observation: { kind: 'quiet' } }]);
  });

  it('of silence ends when the stream has been gone for so long that this is normal', () => {
    const of = (ms: number) => ({ ...silent, since: new Date(NOW.getTime() - ms) });
    expect(presence([], options({ standing: [[key, of(PRESENCE_SPAN_MS)]] }))).toMatchObject([
      { key, observation: { kind: 'accepted' } },
    ]);
    expect(presence([], options({ standing: [[key, of(PRESENCE_SPAN_MS - 1)]] }))).toEqual([]);
  });

  it('of something else is told why it cannot be judged', () => {
    const standing = [[otherKey, other] as const];
    const kinds = (arrival: Partial<Arrival>) =>
      look(arrival, { standing })
        .filter((seen) => seen.key === otherKey)
        .map(({ observation }) => observation.kind);
    expect(kinds({ lastSeen: ago(3) })).toEqual(['no_data']);
    expect(kinds({ lastSeen: ago(3), hours: 1 })).toEqual(['no_data']);
    expect(kinds({ judgedUntil: ago(3) })).toEqual(['error']);
    expect(kinds({})).toEqual([]);
  });

  it('of a version that another has replaced is told so too', () => {
    const standing = [[otherKey, other] as const];
    const seen = presence([{ ...ARRIVAL, lastSeen: ago(3) }, v('2', 0)], options({ standing }));
    expect(seen).toMatchObject([{ key: otherKey, observation: { kind: 'no_data' } }]);
  });
});

describe('a history, and what has been seen since', () => {
  const latest = { project: 'p', model: 'm', version: '', lastMinute: ago(1), judgedUntil: ago(2) };
  const old = { ...ARRIVAL, seenAtLeast: ago(4), lastSeen: ago(3), judgedUntil: ago(5) };

  it('moves on to what is later, and never back', () => {
    const moved = { ...old, seenAtLeast: ago(1), lastSeen: new Date(ago(1).getTime() + 59_000) };
    expect(withLatest([old], [latest])).toEqual([{ ...moved, judgedUntil: ago(2) }]);
    expect(withLatest([ARRIVAL], [latest])).toEqual([ARRIVAL]);
    expect(withLatest([old], [{ ...latest, lastMinute: null, judgedUntil: null }])).toEqual([old]);
    expect(withLatest([old], [])).toEqual([old]);
  });

  it('knows a stream that is new, and not one of which only judgements are', () => {
    expect(withLatest([], [latest])).toMatchObject([{ model: 'm', hours: 1, seenAtLeast: ago(1) }]);
    expect(withLatest([], [{ ...latest, lastMinute: null }])).toEqual([]);
  });
});
