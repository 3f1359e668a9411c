import { describe, expect, it } from 'vitest';
import type { Finding } from '../core/finding.ts';
import { observe, rulesOf } from './observe.ts';
import { parseRulesFile } from './rules/rules-file.ts';
import { severityOf } from './severity.ts';
import { isStanding, NOTHING_WRONG, type StepContext, step } from './step.ts';

const at = (minute: number): Date => new Date(minute * 60_000);
const rulesIn = (text: string) =>
  rulesOf(parseRulesFile(`rules:\n${text}`, { file: 'r', env: {}, runbooks: [] }).rules);

const alarm = (signal: string, minute: number, more: Partial<Finding> = {}): Finding => ({
  project: 'p',
  model: 'm',
  version: '',
  segment: '',
  signal,
  family: 'drift',
  detector: 'continuous',
  since: at(minute - 1),
  until: at(minute),
  outcome: 'alarm',
  direction: 'up',
  verdict: 'change',
  effect: { name: 'cliffs_delta', value: 0.5, low: 0.4, high: 0.6 },
  before: 100,
  after: 150,
  evidence: 3,
  samples: { baseline: 500, current: 100 },
  histograms: { before: [], after: [] },
  changedSince: at(minute - 1),
  baselineVersion: '',
  becameBaseline: false,
  rowsNeeded: null,
  ...more,
});

/** Plays windows by rules; of each, why and what the incident is then. */
function play(text: string, windows: readonly (readonly Finding[])[]): string[] {
  const rules = rulesIn(text);
  let state = NOTHING_WRONG;
  return windows.map((findings, index) => {
    const standing = state.incident && isStanding(state.incident) ? state.incident : null;
    const { observation, rule } = observe(findings, standing, { rules, severityOf });
    const context: StepContext = {
      now: at(index + 1),
      rule,
      receivers: [],
      silences: [],
      delivered: {},
      acknowledged: null,
      speakerFor: () => '',
      spokenForBy: () => [],
      causes: new Map(),
    };
    const stepped = step(state, { ...observation, until: at(index + 1) }, context);
    state = stepped.state;
    return `${stepped.reason}:${state.incident?.state ?? '-'}`;
  });
}

describe('the alarms of an aspect count rule by rule', () => {
  const both = (minute: number, more: Partial<Finding> = {}): Finding[] => [
    alarm('response_words', minute),
    alarm('response_characters', minute, { evidence: 5, ...more }),
  ];

  it('one that no rule is about does not drown another', () => {
    expect(play('  - { name: words, match: { signal: response_words } }', [both(1), both(2)])).toEqual([
      'opened:open',
      'updated:open',
    ]);
  });

  it('one whose rule is off does not close what another holds open', () => {
    const rules = '  - { name: off, on: false, match: { signal: response_characters } }\n  - { name: rest }';
    expect(
      play(rules, [[alarm('response_words', 1)], both(2), [alarm('response_words', 3)], both(4)]),
    ).toEqual(['opened:open', 'updated:open', 'updated:open', 'updated:open']);
  });

  it('one that has too few inferences for its rule does not count for another either', () => {
    const rules =
      '  - { name: big, min_samples: 1000, match: { signal: response_characters } }\n  - { name: rest }';
    expect(play(rules, [both(1)])).toEqual(['opened:open']);
    expect(play(rules, [[alarm('response_characters', 1)]])).toEqual(['normal:-']);
  });

  it('one whose rule is off opens nothing, and says why', () => {
    expect(play('  - { name: off, on: false }', [both(1)])).toEqual(['off:-']);
  });

  it('a signal that this build does not know is judged all the same', () => {
    expect(play('  - { name: rest }', [[alarm('signal_of_a_newer_analyzer', 1)]])).toEqual(['opened:open']);
  });
});
