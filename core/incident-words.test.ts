import { describe, expect, it } from 'vitest';
import { type Change, effectWords, incidentTitle, streamName } from './incident-words.ts';
import { signalWords } from './signal-words.ts';
import { SIGNALS } from './signals.ts';

type Titled = Partial<Change & { readonly segment: string }> & Pick<Change, 'signal'>;

function title(change: Titled): string {
  return incidentTitle({
    model: 'gpt-4',
    version: '',
    segment: '',
    direction: 'up',
    before: 1,
    after: 2,
    detector: 'continuous',
    effect: { name: 'cliffs_delta', value: 0, low: 0, high: 0 },
    ...change,
  }).replaceAll('\u202f', ' ');
}

describe('incidentTitle', () => {
  it.each<[string, Titled]>([
    [
      'gpt-4: responses are 99 % shorter (638 → 4 characters)',
      { signal: 'response_characters', direction: 'down', before: 637.6, after: 3.98 },
    ],
    [
      'gpt-4: responses take 78 % less time (6.7 s → 1.5 s)',
      { signal: 'latency_ms', direction: 'down', before: 6700, after: 1500 },
    ],
    [
      'gpt-4: responses take 4.5 × as long (1.5 s → 6.7 s)',
      { signal: 'latency_ms', before: 1500, after: 6700 },
    ],
    [
      'gpt-4: the score “correct” fell (84 % → 51 %)',
      { signal: 'score:correct', detector: 'rate', direction: 'down', before: 0.84, after: 0.511 },
    ],
    [
      'gpt-4: the score “helpful” is lower (0.84 → 0.51)',
      { signal: 'score:helpful', direction: 'down', before: 0.84, after: 0.51 },
    ],
    ['gpt-4: refusals rose (2 % → 10 %)', { signal: 'refusal', detector: 'rate', before: 0.02, after: 0.1 }],
    [
      'gpt-4: response length is spread differently (730 → 891 characters)',
      { signal: 'response_characters', direction: 'shape', before: 730, after: 891 },
    ],
    [
      'gpt-4: calls cost 40 % more ($0.01 → $0.014)',
      { signal: 'cost_micro_usd', before: 10_000, after: 14_000 },
    ],
    [
      'gpt-4: the tone is more negative (0.2 → −0.1 points)',
      { signal: 'tone', direction: 'down', before: 0.2, after: -0.1 },
    ],
    [
      'gpt-4 (gender=f): more refusals than the rest (8.1 % against 3.2 % of the rest)',
      {
        signal: 'disparity:refusal',
        segment: 'gender=f',
        detector: 'disparity',
        before: 0.032,
        after: 0.081,
        effect: { name: 'rate_ratio', value: 2.5, low: 1.8, high: 3.4 },
      },
    ],
    [
      'gpt-4 (gender=f): the score “correct” is lower than for the rest (70 % against 85 % of the rest)',
      {
        signal: 'disparity:score:correct',
        segment: 'gender=f',
        detector: 'disparity',
        direction: 'down',
        before: 0.85,
        after: 0.7,
        effect: { name: 'rate_difference', value: -0.15, low: -0.2, high: -0.1 },
      },
    ],
    [
      'gpt-4 (tier=a): responses take longer than for the rest (1.5 s against 900 ms of the rest)',
      {
        signal: 'disparity:latency_ms',
        segment: 'tier=a',
        detector: 'disparity',
        before: 900,
        after: 1500,
      },
    ],
    ['gpt-4: personal_signal is higher (1 → 2)', { signal: 'personal_signal' }],
  ])('%s', (expected, change) => {
    expect(title(change)).toBe(expected);
  });

  it('gives no ratio that contradicts the direction, or has no meaning', () => {
    expect(title({ signal: 'response_characters', direction: 'up', before: 10, after: 9 })).toContain(
      'responses are longer (10',
    );
    expect(title({ signal: 'response_characters', direction: 'up', before: 0, after: 9 })).toContain(
      'responses are longer (0',
    );
  });
});

describe('the parts', () => {
  it('name a stream once', () => {
    expect(streamName({ model: 'gpt-4', version: 'gpt-4-0613', segment: '' })).toBe('gpt-4-0613');
    expect(streamName({ model: 'gpt-4', version: '0613', segment: 'region=eu' })).toBe(
      'gpt-4 0613 (region=eu)',
    );
  });

  it('state an effect with its interval', () => {
    expect(effectWords({ name: 'cliffs_delta', value: -0.93, low: -0.95, high: -0.9 })).toBe(
      'Cliff’s δ −0.93 [−0.95, −0.90]',
    );
    expect(effectWords({ name: 'rate_difference', value: -0.329, low: -0.37, high: -0.288 })).toBe(
      '−32.9 points [−37, −28.8]',
    );
  });

  it('say of a ratio whether four fifths are violated, and only when that is sure', () => {
    const ratio = (value: number, low: number, high: number) =>
      effectWords({ name: 'rate_ratio', value, low, high });
    expect(ratio(2.53, 1.82, 3.4)).toBe('ratio 2.5 [1.8, 3.4], four-fifths violated with 95 % confidence');
    expect(ratio(0.442, 0.3, 0.65)).toBe('ratio 0.44 [0.3, 0.65], four-fifths violated with 95 % confidence');
    expect(ratio(1.6, 1.1, 2.3)).toBe('ratio 1.6 [1.1, 2.3]');
  });

  it('have words of their own for every built-in signal', () => {
    for (const { name } of SIGNALS) expect(signalWords(name).label, name).not.toBe(name);
    expect(signalWords('constructor').label).toBe('constructor');
  });
});
