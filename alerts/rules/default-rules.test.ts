import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AlertRule } from '../../core/alert-rule.ts';
import { packageRoot } from '../../core/package-root.ts';
import { PRESENCE_SIGNALS, SIGNALS, signalSpec } from '../../core/signals.ts';
import { severityOf } from '../severity.ts';
import { blindRuleFor, type Matchable, ruleFor } from './rule-set.ts';
import { DEFAULT_RULES_FILE, defaultRuleSet, parseRulesFile } from './rules-file.ts';
import { runbookNames } from './runbooks.ts';

const { rules } = defaultRuleSet();
const stream = { project: 'p', model: 'm', version: '', segment: '' };

/** Every kind of finding there is, and what part 4 brings: a difference between groups in any signal. */
const findings: Matchable[] = [
  ...SIGNALS.map(({ name }) => name),
  ...PRESENCE_SIGNALS,
  'score:correct',
].flatMap((signal) =>
  (['regression', 'improvement', 'change'] as const).flatMap((verdict) =>
    [signalSpec(signal).family, 'bias' as const].flatMap((family) =>
      ['', 'region=eu'].map((segment) => ({
        ...{ ...stream, segment, signal, family, verdict },
        severity: severityOf({ verdict, effect: null }),
      })),
    ),
  ),
);

const nameFor = (found: Partial<Matchable>): string =>
  ruleFor(rules, {
    ...stream,
    signal: 'error',
    family: 'degradation',
    verdict: 'regression',
    severity: 'warning',
    ...found,
  })?.name ?? 'none';

it("has no fault that a file of one's own would be told of", () => {
  const text = readFileSync(join(packageRoot, DEFAULT_RULES_FILE), 'utf8');
  expect(parseRulesFile(text, { file: DEFAULT_RULES_FILE, env: {} }).rules).toEqual(rules);
});

it('governs every finding', () => {
  expect(findings.filter((found) => ruleFor(rules, found) === null)).toEqual([]);
});

it('asks every rule, and has one for streams that fall silent', () => {
  const asked = new Set(findings.map((found) => ruleFor(rules, found)?.name));
  expect(rules.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual([]);
  expect(blindRuleFor(rules, stream, 'noData')?.name).toBe('data');
  expect(blindRuleFor(rules, stream, 'error')?.name).toBe('data');
});

it.each([
  [{ signal: 'error' }, 'errors'],
  [{ signal: 'inferences' }, 'data'],
  [{ signal: 'latency_ms', verdict: 'improvement' }, 'improvements'],
  [{ signal: 'latency_ms', verdict: 'change' }, 'latency'],
  [{ signal: 'score:correct' }, 'quality'],
  [{ signal: 'relevance' }, 'quality'],
  [{ signal: 'refusal', family: 'bias' }, 'bias'],
  [{ signal: 'input_tokens', family: 'drift', verdict: 'change' }, 'prompt-drift'],
  [{ signal: 'json_like', family: 'drift', verdict: 'change' }, 'response-drift'],
  [{ signal: 'cost_micro_usd', family: 'cost' }, 'cost'],
] as const)('%j is for %s', (found, name) => {
  expect(nameFor(found)).toBe(name);
});

it('closes after three quiet windows, and ends nothing that it cannot see', () => {
  expect(rules.filter(({ recoverWindows }) => recoverWindows !== 3)).toEqual([]);
  expect(rules.every(({ isOn, receivers }: AlertRule) => isOn && receivers === null)).toBe(true);
});

it('has a runbook for each, named as it, and no other', () => {
  expect(rules.map(({ name, runbook }) => [name, runbook])).toEqual(rules.map(({ name }) => [name, name]));
  expect(runbookNames()).toEqual(rules.map(({ name }) => name).sort());
});

it.each(runbookNames())('docs/runbooks/%s.md says what a person needs at night', (name) => {
  const text = readFileSync(join(packageRoot, 'docs/runbooks', `${name}.md`), 'utf8');
  const heads = [...text.matchAll(/^## (.*)$/gm)].map(([, head]) => head);
  expect(heads).toEqual([
    'What it means',
    'What to look at',
    'What usually causes it',
    'What to do',
    'When to silence it',
  ]);
});
