import { describe, expect, it } from 'vitest';
import { type StatusFinding, sparklineSignals, streamStatus } from './stream-status.ts';

const quiet: StatusFinding = { outcome: 'quiet', rowsNeeded: null, samples: { baseline: 400, current: 25 } };
const alarm: StatusFinding = { ...quiet, outcome: 'alarm' };
const gathering = (rowsNeeded: number): StatusFinding => ({
  outcome: 'not_enough_data',
  rowsNeeded,
  samples: { baseline: 0, current: 60 },
});
const small: StatusFinding = {
  outcome: 'not_enough_data',
  rowsNeeded: 7,
  samples: { baseline: 400, current: 3 },
};

describe('streamStatus', () => {
  it.each([
    ['an incident stands above all', [quiet, alarm], 1, 'incident', null],
    ['an alarm alone, not yet an incident, is not one', [alarm], 0, 'ok', null],
    ['one verdict is enough', [quiet, gathering(40)], 0, 'ok', null],
    ['without a finding it learns, and nobody knows how long', [], 0, 'learning', null],
    ['the first signal to be ready counts', [gathering(140), gathering(40)], 0, 'learning', 40],
    ['with a baseline, a small window is not enough', [small, gathering(40)], 0, 'not_enough_data', 7],
  ] as const)('%s', (_, findings, openIncidents, state, rowsNeeded) => {
    expect(streamStatus({ findings, openIncidents, signalsSeen: 5 })).toMatchObject({ state, rowsNeeded });
  });

  it('never checks more signals than it has seen', () => {
    expect(streamStatus({ findings: [quiet, quiet], openIncidents: 0, signalsSeen: 1 })).toMatchObject({
      signalsChecked: 2,
      signalsSeen: 2,
    });
  });
});

it('sparklineSignals puts what stands first, then a score, and shows four at most', () => {
  const seen = ['latency_ms', 'response_characters', 'error', 'refusal', 'score:a', 'score:b', 'tone'];
  expect(sparklineSignals(seen, ['tone', 'gone'])).toEqual([
    'tone',
    'score:a',
    'latency_ms',
    'response_characters',
  ]);
});
