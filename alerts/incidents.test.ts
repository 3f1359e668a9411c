import { describe, expect, it } from 'vitest';
import type { Finding } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { type IncidentChange, stepIncidents } from './incidents.ts';

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

/** Plays windows of findings; the open incidents pass through JSON-like storage between steps. */
function play(
  windows: readonly (readonly Finding[])[],
  accepted: Record<number, string[]> = {},
): IncidentChange[][] {
  let open: Incident[] = [];
  return windows.map((observations, at) => {
    const changes = stepIncidents(open, {
      until: minute(at + 1),
      observations,
      accepted: accepted[at] ?? [],
    });
    open = changes.map(({ incident }) => incident).filter(({ state }) => state !== 'closed');
    return changes;
  });
}

const reasons = (changes: IncidentChange[][]) =>
  changes.map((step) => step.map(({ reason }) => reason).join());

describe('stepIncidents', () => {
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
      '',
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
    expect(reasons(changes)).toEqual(['opened', 'hold', 'hold', 'hold', 'hold']);
    expect(changes[4]?.[0]?.incident.state).toBe('open');
  });

  it('does not take a version that resembles itself for recovered', () => {
    const compared = { detector: 'version_comparison', baselineVersion: 'v1' } as const;
    const changes = play([
      [finding('latency_ms', 0, 'alarm', compared)],
      ...[1, 2, 3, 4].map((at) => [finding('latency_ms', at, 'quiet')]),
    ]);
    expect(changes.at(-1)?.[0]).toMatchObject({
      reason: 'hold',
      incident: { state: 'open', baselineVersion: 'v1' },
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
    const both = (at: number) => [
      finding('response_words', at, 'alarm'),
      finding('output_tokens', at, 'alarm'),
    ];
    const changes = play([both(0), both(1), both(2)], {
      1: ['response_words'],
      2: ['response_words', 'output_tokens'],
    });
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
