import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../../core/package-root.ts';
import { type Path, parseYamlSettings, type SettingFault } from '../../core/yaml-settings.ts';
import { RECEIVER_SCHEMAS, ReceiverSettings } from '../receivers/settings.ts';
import { type Environment, fillVariables } from './environment.ts';
import { repeatedNames, rulesFaults } from './rule-faults.ts';
import { LooseRule, RULE_KEYS, RULES_MAX, Rule, toAlertRule } from './rule-schema.ts';
import type { RuleSet } from './rule-set.ts';
import { runbookNames } from './runbooks.ts';

/** One for each team and way of telling it; more is a routing of its own, which Alertmanager has. */
const RECEIVERS_MAX = 100;

const File = z.strictObject({
  receivers: z.array(ReceiverSettings).max(RECEIVERS_MAX).default([]),
  /** Absent: the default rules. */
  rules: z.array(Rule).max(RULES_MAX).optional(),
  /** Whether the default rules are asked after those of the file. */
  default_rules: z.boolean().default(false),
});

export interface RulesFileOptions {
  /** Name of the file, for what is said about it. */
  readonly file: string;
  /** Where `${NAME}` is looked up. */
  readonly env: Environment;
  /** Pages that a rule may name; those of docs/runbooks otherwise. */
  readonly runbooks?: readonly string[];
}

/**
 * The rules and receivers that a file says (docs/alerts.md). Without `rules` the default ones are in force, and with
 * `default_rules: true` they follow its own, except those whose names it uses itself.
 *
 * @throws AppError `invalid_input` that tells every fault with line and column, and never a secret
 */
export function parseRulesFile(text: string, options: RulesFileOptions): RuleSet {
  const { file, env, runbooks = runbookNames() } = options;
  const parsed = parseYamlSettings(text, {
    file,
    schema: File,
    keysAt,
    prepare(given) {
      const { value, faults } = fillVariables(given, env);
      return { value, faults: [...faults, ...crossFaults(value, runbooks)] };
    },
    faultsOf: () => [],
  });
  const own = (parsed.rules ?? []).map(toAlertRule);
  const isAdded = parsed.rules === undefined || parsed.default_rules;
  const added = isAdded
    ? defaultRuleSet().rules.filter(({ name }) => !own.some((rule) => rule.name === name))
    : [];
  return { rules: [...own, ...added], receivers: parsed.receivers };
}

/** What of a file can be held against itself, also while something else in it is at fault. */
const LooseFile = z.object({
  receivers: z.array(z.object({ name: z.string().nullable().catch(null) }).catch({ name: null })).catch([]),
  rules: z.array(LooseRule).catch([]),
});

/** Faults between the parts of a file. */
function crossFaults(value: unknown, runbooks: readonly string[]): SettingFault[] {
  const loose = LooseFile.safeParse(value);
  if (!loose.success) return [];
  const receivers = loose.data.receivers.slice(0, RECEIVERS_MAX);
  // Each rule is held against those above it: not more of them than there may be.
  const rules = loose.data.rules.slice(0, RULES_MAX);
  const names = receivers.flatMap(({ name }) => name ?? []);
  return [
    ...repeatedNames(receivers, 'receivers'),
    ...repeatedNames(rules, 'rules'),
    ...rulesFaults(rules, { receivers: names, runbooks }),
  ];
}

/** Below the root of the package. */
export const DEFAULT_RULES_FILE = join('alerts', 'default-rules.yaml');

/** The rules that are in force without a file. */
export function defaultRuleSet(): RuleSet {
  shipped ??= readDefaultRules();
  return shipped;
}

let shipped: RuleSet | null = null;

function readDefaultRules(): RuleSet {
  const text = readFileSync(join(packageRoot, DEFAULT_RULES_FILE), 'utf8');
  const schema = z.strictObject({ rules: z.array(Rule) });
  const { rules } = parseYamlSettings(text, { file: DEFAULT_RULES_FILE, schema, keysAt, faultsOf: () => [] });
  return { rules: rules.map(toAlertRule), receivers: [] };
}

const RECEIVER_KEYS = [
  ...new Set(Object.values(RECEIVER_SCHEMAS).flatMap(({ shape }) => Object.keys(shape))),
];

function keysAt([list, , field = '']: Path): readonly string[] {
  if (list === undefined) return Object.keys(File.shape);
  return list === 'receivers' ? RECEIVER_KEYS : (RULE_KEYS[String(field)] ?? []);
}
