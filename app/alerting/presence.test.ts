import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../alerts/observe.ts';
import { parseRulesFile } from '../../alerts/rules/rules-file.ts';
import { NOTHING_WRONG, step } from '../../alerts/step.ts';
import type { Incident } from '../../core/incident.ts';
import { incidentTitle } from '../../core/incident-words.ts';
import type { Arrival } from '../../sql/queries/arrivals.ts';
import { keyOf } from './alert-book.ts';
import { type PresenceOptions, presence } from './presence.ts';
import type { ClockObservation } from './turn.ts';

const HOUR = 3_600_000;
const NOW = new Date('2026-11-22T10:00:00.000Z');
const ago = (hours: number): Date => new Date(NOW.getTime() - hours * HOUR);
const ARRIVAL: Arrival = {
  project: 'p',
  model: 'm',
  version: '',
  lastSeen: ago(0),
  longestGapMs: 0,
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
    expect(look({}, { standing })).toMatchObject([{ key, observation: { kind: 'quiet' } }]);
  });

  it('of silence ends when the stream has been gone for so long that this is normal', () => {
    expect(presence([], options({ standing: [[key, silent]] }))).toMatchObject([
      { key, observation: { kind: 'accepted' } },
    ]);
  });

  it('of something else is told why it cannot be judged', () => {
    const standing = [[otherKey, other] as const];
    const kinds = (arrival: Partial<Arrival>) =>
      look(arrival, { standing })
        .filter((seen) => seen.key === otherKey)
        .map(({ observation }) => observation.kind);
    expect(kinds({ lastSeen: ago(3) })).toEqual(['no_data']);
    expect(kinds({ judgedUntil: ago(3) })).toEqual(['error']);
    expect(kinds({})).toEqual([]);
  });
});
