import { PRESENCE_SIGNALS, SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';
import { isLike } from '../../core/silence.ts';
import { type Path, type SettingFault, suggestion } from '../../core/yaml-settings.ts';
import type { LooseRule } from './rule-schema.ts';

const SIGNAL_NAMES: readonly string[] = [...SIGNALS.map(({ name }) => name), ...PRESENCE_SIGNALS];

/** Faults of rules that each alone, or beside the others, cannot mean what they say. */
export function rulesFaults(
  rules: readonly LooseRule[],
  { receivers, runbooks }: { receivers: readonly string[]; runbooks: readonly string[] },
): SettingFault[] {
  return rules.flatMap((rule, index) => {
    const path: Path = ['rules', index];
    return [
      ...signalFaults(rule, path),
      ...receiverFaults(rule, path, receivers),
      ...runbookFaults(rule, path, runbooks),
      ...unreachable(rules, index),
    ];
  });
}

function signalFaults({ match }: LooseRule, path: Path): SettingFault[] {
  return match.signal.flatMap((pattern, at) => {
    if (isSignalPattern(pattern)) return [];
    const known = [...SIGNAL_NAMES, `${SCORE_PREFIX}*`];
    const message = `there is no signal ${pattern}${suggestion(pattern, known)}; there are ${known.join(', ')}`;
    return [{ path: [...path, 'match', 'signal', at], message }];
  });
}

/** True if some signal, or some score, can be what the pattern says. */
function isSignalPattern(pattern: string): boolean {
  if (SIGNAL_NAMES.some((name) => isLike(name, pattern))) return true;
  const start = pattern.split('*')[0] ?? '';
  if (start.length > SCORE_PREFIX.length) return start.startsWith(SCORE_PREFIX);
  return pattern.includes('*') && SCORE_PREFIX.startsWith(start);
}

function receiverFaults({ receivers }: LooseRule, path: Path, known: readonly string[]): SettingFault[] {
  return receivers
    .map((name, at) => ({ name, at }))
    .filter(({ name }) => !known.includes(name))
    .map(({ name, at }) => ({
      path: [...path, 'receivers', at],
      message: `there is no receiver ${name}${suggestion(name, known)}; ${known.length > 0 ? `there are ${known.join(', ')}` : 'the file has none'}`,
    }));
}

function runbookFaults({ runbook }: LooseRule, path: Path, known: readonly string[]): SettingFault[] {
  if (runbook === undefined || known.includes(runbook)) return [];
  if (/^https?:\/\//.test(runbook) && URL.canParse(runbook)) return [];
  const message = `there is no runbook ${runbook}${suggestion(runbook, known)}; expected an address (https://…) or one of ${known.join(', ')}`;
  return [{ path: [...path, 'runbook'], message }];
}

/** A rule after one that takes all it matches is a mistake of order. Only one against one: unions are not looked at. */
function unreachable(rules: readonly LooseRule[], index: number): SettingFault[] {
  const narrow = rules[index]?.whole;
  const before = narrow && rules.slice(0, index).find(({ whole }) => whole && takesAll(whole, narrow));
  if (!before) return [];
  const message = `never asked: what it matches, ${before.name ?? 'a rule'} above it matches too; put the narrower rule first`;
  return [{ path: ['rules', index, 'name'], message }];
}

type Match = NonNullable<LooseRule['whole']>;

function takesAll(wide: Match, narrow: Match): boolean {
  return (Object.keys(wide) as (keyof Match)[]).every((field) => covers(wide[field], narrow[field]));
}

/** `*` of the narrower one counts as a character: only a `*` of the wider one takes it. */
function covers(wide: readonly string[], narrow: readonly string[]): boolean {
  if (wide.length === 0 || wide.includes('*')) return true;
  return narrow.length > 0 && narrow.every((one) => wide.some((pattern) => isLike(one, pattern)));
}

/** Faults of names that stand more than once. */
export function repeatedNames(
  items: readonly { readonly name: string | null }[],
  list: string,
): SettingFault[] {
  const seen = new Set<string>();
  return items.flatMap(({ name }, index) => {
    if (name === null) return [];
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [
      { path: [list, index, 'name'], message: `expected a name of its own, and ${name} was used above` },
    ];
  });
}
