import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { defaultRuleSet, parseRulesFile } from './rules-file.ts';

const SECRET = 'xoxb-2718281828';
const env = { SLACK_TOKEN: SECRET, HOOK: 'https://hooks.example.com/x', TEAM: 'nlp', EMPTY: '' };
const parse = (text: string) =>
  parseRulesFile(text, { file: 'a.yaml', env, runbooks: ['quality', 'latency'] });
const faultsOf = (text: string): string => {
  try {
    parse(text);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return (error as Error).message;
  }
};

const FULL = `
receivers:
  - name: oncall
    type: slack
    token: \${SLACK_TOKEN}
    channel: C0123
rules:
  - name: quality-regression
    match: { family: degradation, verdict: [regression], signal: ["score:*", refusal], model: "gpt-*", segment: "" }
    severity: critical
    for: 10m
    min_evidence: 2
    recover: { evidence: 0.5, windows: 4 }
    keep_open: 30m
    min_samples: 50
    no_data: { do: tell, after: 2h }
    error: { do: alert, after: 30m }
    labels: { team: "\${TEAM}-x" }
    receivers: oncall
    repeat: 4h
    runbook: quality
  - { name: rest, on: false, runbook: https://wiki.example.com/llm }
`;

describe('parseRulesFile', () => {
  it('reads rules and receivers, in the words of a user', () => {
    const { rules, receivers } = parse(FULL);
    expect(rules).toEqual([
      {
        name: 'quality-regression',
        match: {
          families: ['degradation'],
          verdicts: ['regression'],
          severities: [],
          projects: [],
          models: ['gpt-*'],
          versions: [],
          segments: [''],
          signals: ['score:*', 'refusal'],
        },
        severity: 'critical',
        isOn: true,
        forMs: 6e5,
        evidenceMin: 2,
        recoverEvidence: 0.5,
        recoverWindows: 4,
        keepOpenMs: 18e5,
        samplesMin: 50,
        noData: { policy: 'tell', afterMs: 72e5 },
        error: { policy: 'alert', afterMs: 18e5 },
        labels: { team: 'nlp-x' },
        receivers: ['oncall'],
        repeatMs: 144e5,
        runbook: 'quality',
      },
      expect.objectContaining({ name: 'rest', isOn: false, severity: null, receivers: null, repeatMs: null }),
    ]);
    expect(receivers).toMatchObject([{ name: 'oncall', channel: 'C0123' }]);
    const [slack] = receivers;
    expect(slack?.type === 'slack' && slack.token.reveal()).toBe(SECRET);
    expect(JSON.stringify({ rules, receivers })).not.toContain(SECRET);
  });

  it('keeps the default rules where a file has none, and behind its own where it says so', () => {
    const shipped = defaultRuleSet().rules.map(({ name }) => name);
    expect(parse('').rules.map(({ name }) => name)).toEqual(shipped);
    expect(parse('rules: []').rules).toEqual([]);
    const mixed = parse('default_rules: true\nrules:\n  - { name: latency, on: false }').rules;
    expect(mixed.map(({ name }) => name)).toEqual([
      'latency',
      ...shipped.filter((name) => name !== 'latency'),
    ]);
    expect(mixed[0]?.isOn).toBe(false);
  });

  const rule = (lines: string): string => `rules:\n  - name: one\n    ${lines}\n`;
  it.each([
    [
      'a key that is none',
      rule('recievers: x'),
      'a.yaml:3:5: there is no recievers here (did you mean receivers?)',
    ],
    [
      'a key of match',
      rule('match: { modle: x }'),
      'a.yaml:3:14: there is no modle here (did you mean model?)',
    ],
    [
      'a signal',
      rule('match: { signal: refusals }'),
      'a.yaml:3:22: there is no signal refusals (did you mean refusal?)',
    ],
    [
      'a pattern of none',
      rule('match: { signal: [refusal, latncy*] }'),
      'a.yaml:3:32: there is no signal latncy*',
    ],
    ['a family', rule('match:\n      family: [drifts]'), 'a.yaml:4:16: Invalid option'],
    ['a receiver', rule('receivers: [oncal]'), 'a.yaml:3:17: there is no receiver oncal; the file has none'],
    ['a duration', rule('for: 10 minutes'), 'a.yaml:3:10: expected a duration, such as 10m'],
    ['a bare number', rule('for: 10'), 'a.yaml:3:10: expected a duration, such as 10m'],
    ['a duration beyond the bound', rule('for: 91d'), 'a.yaml:3:10: expected at most 90d'],
    ['a reminder each second', rule('repeat: 1s'), 'a.yaml:3:13: expected at least 1m'],
    ['a runbook', rule('runbook: qualty'), 'a.yaml:3:14: there is no runbook qualty (did you mean quality?)'],
    ['a policy', rule('no_data: { do: page }'), 'a.yaml:3:20: Invalid option'],
    ['a recovery that never comes', rule('recover: { evidence: 0 }'), 'a.yaml:3:26: '],
    [
      'a name twice',
      'rules:\n  - name: a\n  - name: a',
      'a.yaml:3:11: expected a name of its own, and a was used',
    ],
    ['no name', 'rules:\n  - on: true', 'a.yaml:2:5: '],
    [
      'a rule that is never asked',
      'rules:\n  - { name: a, match: { signal: "score:*" } }\n  - { name: b, match: { signal: "score:*x", model: m } }',
      'a.yaml:3:13: never asked: what it matches, a above it matches too',
    ],
    [
      'a variable that is not set',
      'receivers:\n  - name: a\n    type: slack_webhook\n    url: ${NOT_SET}',
      'a.yaml:4:10: the variable NOT_SET is not set',
    ],
    [
      'a variable that is empty',
      'receivers:\n  - name: a\n    type: slack_webhook\n    url: x${EMPTY}',
      'a.yaml:4:11: the variable EMPTY',
    ],
    [
      'a variable of every object',
      rule('labels: { a: "${constructor}" }'),
      'the variable constructor is not set',
    ],
    ['a variable elsewhere', rule('runbook: ${HOOK}'), 'a.yaml:3:14: ${…} stands for a variable'],
    [
      'a variable in a name',
      'receivers:\n  - name: ${SLACK_TOKEN}\n    type: slack',
      'a.yaml:2:11: ${…} stands for',
    ],
    [
      'a variable without an end',
      rule('labels: { a: "x${TEAM" }'),
      'a.yaml:3:20: expected the name of a variable',
    ],
    [
      'a kind of receiver',
      'receivers:\n  - name: a\n    type: slak',
      "a.yaml:3:11: Invalid discriminator value. Expected 'slack'",
    ],
    [
      'a receiver without its channel',
      'receivers:\n  - name: a\n    type: slack\n    token: x',
      'a.yaml:2:5: ',
    ],
  ])('says where: %s', (_, text, message) => {
    expect(faultsOf(text)).toContain(message);
  });

  it('tells all of them at once', () => {
    const text =
      'rules:\n  - { name: a, for: x, repeat: y, unknown: 1 }\n  - { name: "b c", receivers: [z], match: { signal: [refusals], mod: 1 } }';
    for (const place of [
      'a.yaml:2:21',
      'a.yaml:2:32',
      'a.yaml:2:35',
      'a.yaml:3:13',
      'a.yaml:3:32',
      'a.yaml:3:54',
      'a.yaml:3:65',
    ])
      expect(faultsOf(text)).toContain(place);
  });

  it('takes patterns that some signal or score could be', () => {
    for (const signal of [
      'score:correct',
      'score:*',
      '*',
      '*correct',
      's*',
      'latency_*',
      'json_?'.slice(0, 5).concat('*'),
    ])
      expect(faultsOf(rule(`match: { signal: "${signal}" }`))).toBe('');
  });

  it('gives a RuleSet or an AppError without a secret, whatever the text', () => {
    const lines = FULL.split('\n');
    const edit = fc.record({
      at: fc.nat(lines.length - 1),
      column: fc.nat(60),
      put: fc.constantFrom(
        '',
        ': ',
        '- ',
        '[',
        '{',
        '}',
        '"',
        "'",
        '*a',
        '&a ',
        '${',
        '${SLACK_TOKEN}',
        '\t',
        '#',
        '? ',
        '|\n',
        '!!set ',
        '__proto__: 1',
      ),
      cut: fc.nat(8),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const changed = [...lines];
        for (const { at, column, put, cut } of edits) {
          const line = changed[at] ?? '';
          changed[at] = line.slice(0, column) + put + line.slice(column + cut);
        }
        expect(faultsOf(changed.join('\n'))).not.toContain(SECRET);
      }),
      { numRuns: 400 },
    );
  });

  it('is bounded for a file that is no such file', () => {
    const long = `rules:\n${'  - { name: a b, what: 1 }\n'.repeat(290)}`;
    const message = faultsOf(long);
    expect(message.split('\n').length).toBeLessThan(110);
    expect(message).toContain('more');
    expect(faultsOf(`rules:\n${'  - name: a\n'.repeat(400)}`)).toContain('a.yaml:1:1');
  });
});

it('has the example of docs/alerts.md right', () => {
  const document = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
  const example = /```yaml rules\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
  const { rules, receivers } = parseRulesFile(example, {
    file: 'docs/alerts.md',
    env: { SLACK_TOKEN: 'x', WEBHOOK_SECRET: 'y'.repeat(16) },
  });
  expect(rules.length).toBeGreaterThan(2);
  expect(receivers.length).toBeGreaterThan(1);
});
