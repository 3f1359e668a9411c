import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { NOTIFICATION_KINDS, type NotificationKind } from '../../core/notification.ts';
import { defaultRuleSet, parseRulesFile } from './rules-file.ts';
import { runTimeline } from './run-timeline.ts';
import { parseTimelines } from './timeline.ts';

const receiver = (name: string, kinds: readonly NotificationKind[] = NOTIFICATION_KINDS) => ({
  name,
  kinds: new Set(kinds),
});
const rules = (text: string) =>
  parseRulesFile(`receivers: []\nrules:\n  - { name: one, ${text} }`, { file: 'r.yaml', env: {} });

const play = (text: string, ruleSet = defaultRuleSet(), receivers = [receiver('a')]) => {
  const [timeline] = parseTimelines(text, 't.yaml').timelines;
  return runTimeline(timeline!, ruleSet, receivers);
};
const lines = (steps: string[], signal = 'refusal') =>
  `timelines:\n  - name: t\n    signal: ${signal}\n    steps:\n${steps.map((step) => `      - { ${step} }\n`).join('')}`;
const misses = (results: ReturnType<typeof play>) => results.flatMap((result) => result.misses);

describe('runTimeline', () => {
  it.each([
    [
      'opens at once, closes after three quiet windows',
      '',
      [
        'at: 1m, see: alarm, expect: { state: open, reason: opened, severity: critical, rule: refusals, sent: [firing] }',
      ]
        .concat([2, 3].map((at) => `at: ${at}m, see: quiet, expect: { state: recovering, sent: [] }`))
        .concat('at: 4m, see: quiet, expect: { state: closed, reason: recovered, sent: [resolved] }'),
    ],
    [
      'drops what did not stand',
      'for: 10m',
      [
        'at: 1m, see: alarm, expect: { state: pending }',
        'at: 2m, see: quiet, expect: { state: dropped, sent: [] }',
      ],
    ],
    [
      'asks for evidence and samples',
      'min_evidence: 3, min_samples: 100',
      [
        'at: 1m, see: alarm, expect: { state: normal }',
        'at: 2m, see: alarm, evidence: 3, samples: 99, expect: { state: normal }',
        'at: 3m, see: alarm, evidence: 3, samples: 100, expect: { state: open }',
      ],
    ],
    ['is off', 'on: false', ['at: 1m, see: alarm, expect: { state: normal, reason: "off" }']],
    [
      'is not ended by what cannot be seen, and tells of it once',
      'no_data: { do: tell, after: 5m }',
      [
        'at: 1m, see: alarm',
        'at: 2m, see: not_enough_data, expect: { state: open, condition: not_enough_data, sent: [] }',
        'at: 9m, see: no_data, expect: { state: open, condition: no_data, sent: [reminder] }',
        'at: 10m, see: no_data, expect: { state: open, sent: [] }',
        'at: 11m, see: error, expect: { state: open, condition: error, sent: [] }',
      ],
    ],
    [
      'reminds until somebody has taken it on, and escalates all the same',
      'repeat: 1h',
      [
        'at: 1m, see: alarm, effect: 0.05, expect: { severity: warning }',
        'at: 62m, expect: { sent: [reminder] }',
        'at: 70m, acknowledged_by: ana, expect: { sent: [acknowledged] }',
        'at: 4h, expect: { sent: [] }',
        'at: 5h, see: alarm, effect: 0.3, expect: { reason: escalated, sent: [escalated] }',
      ],
    ],
    [
      'takes a change that became the baseline for closed',
      '',
      [
        'at: 1m, see: alarm',
        'at: 2m, see: accepted, expect: { state: closed, reason: accepted, sent: [resolved] }',
      ],
    ],
    [
      'counts no window towards closing that is not quiet enough',
      'recover: { evidence: 0.5, windows: 1 }',
      [
        'at: 1m, see: alarm',
        'at: 2m, see: quiet, evidence: 0.5, expect: { state: open }',
        'at: 3m, see: quiet, evidence: 0.4, expect: { state: closed }',
      ],
    ],
  ])('%s', (_, rule, steps) => {
    expect(misses(play(lines(steps), rule === '' ? defaultRuleSet() : rules(rule)))).toEqual([]);
  });

  it('tells receivers that the rule names, of what they have a use for', () => {
    const two = parseRulesFile(
      'receivers:\n  - { name: a, type: slack_webhook, url: "https://x.example" }\n  - { name: b, type: slack_webhook, url: "https://x.example" }\nrules:\n  - { name: one, receivers: b }',
      { file: 'r.yaml', env: {} },
    );
    const steps = [
      'at: 1m, see: alarm, expect: { sent: [b firing] }',
      'at: 5m, see: alarm, expect: { sent: [b changed] }',
    ];
    expect(misses(play(lines(steps), two, [receiver('a'), receiver('b')]))).toEqual([]);
    expect(misses(play(lines(steps), two, [receiver('b', ['firing'])]))).toEqual([
      'sent: expected b changed, was nothing',
    ]);
  });

  it('says where it differs', () => {
    const steps = ['at: 1m, see: alarm, expect: { state: pending, severity: info, sent: [] }'];
    expect(misses(play(lines(steps)))).toEqual([
      'state: expected pending, was open',
      'severity: expected info, was critical',
      'sent: expected nothing, was firing',
    ]);
  });

  it('plays every signal', () => {
    for (const signal of ['latency_ms', 'score:correct', 'language', 'inferences', 'json_valid'])
      expect(play(lines(['at: 1m, see: alarm'], signal))[0]?.rule).not.toBeNull();
  });
});

describe('parseTimelines', () => {
  const faultsOf = (text: string): string => {
    try {
      parseTimelines(text, 't.yaml');
      return '';
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      return (error as Error).message;
    }
  };

  it.each([
    [
      'a signal',
      lines(['at: 1m'], 'refusals'),
      't.yaml:3:13: there is no signal refusals (did you mean refusal?)',
    ],
    [
      'a key of a step',
      lines(['at: 1m, sea: alarm']),
      't.yaml:5:19: there is no sea here (did you mean see?)',
    ],
    [
      'a key of what is expected',
      lines(['at: 1m, expect: { stat: open }']),
      't.yaml:5:29: there is no stat here (did you mean state?)',
    ],
    ['a time that is none', lines(['at: soon']), 't.yaml:5:15: expected a time from the start'],
    [
      'a time before that of the step above',
      lines(['at: 2m', 'at: 1m']),
      't.yaml:6:15: expected a later time',
    ],
    ['a signal of a step', lines(['at: 1m, signal: x']), 't.yaml:5:27: there is no signal x'],
    ['no steps', 'timelines:\n  - { name: t, signal: refusal, steps: [] }', 't.yaml:2:'],
  ])('says where: %s', (_, text, message) => {
    expect(faultsOf(text)).toContain(message);
  });

  it('gives timelines or an AppError, whatever the text', () => {
    const text = lines(['at: 1m, see: alarm, expect: { state: open }', 'at: 2m']);
    fc.assert(
      fc.property(fc.nat(text.length), fc.string({ maxLength: 12 }), fc.nat(12), (at, put, cut) => {
        faultsOf(text.slice(0, at) + put + text.slice(at + cut));
      }),
    );
  });
});
