import { z } from 'zod';
import { type Path, parseYamlSettings, type SettingFault, suggestion } from '../../core/yaml-settings.ts';
import { KINDS } from './kinds.ts';
import { patternFault } from './pattern-check.ts';
import { ACTIONS, type RedactionPolicy } from './policy.ts';

const Action = z.enum(ACTIONS);
const ActionsByName = z.record(z.string(), Action);
const PATTERNS_MAX = 50;
const SOURCE_CHARACTERS_MAX = 500;

const Pattern = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected a small letter, then small letters, digits and "_"'),
  pattern: z.string().min(1).max(SOURCE_CHARACTERS_MAX),
  flags: z
    .string()
    .regex(/^(?!.*(.).*\1)[imsu]*$/, 'expected letters of "imsu", each once')
    .default(''),
  action: Action.default('mask'),
});

const Policy = z.strictObject({
  actions: ActionsByName.default({}),
  projects: z.record(z.string(), ActionsByName).default({}),
  patterns: z.array(Pattern).max(PATTERNS_MAX).default([]),
});

type Parsed = z.output<typeof Policy>;

/**
 * The policy that a file says (docs/redaction.md). Patterns are checked for running away, which takes up to some seconds
 * each.
 *
 * @param file its name, for what is said about it
 * @throws AppError `invalid_input` that tells every fault with line and column
 */
export function parsePolicy(text: string, file: string): RedactionPolicy {
  const parsed = parseYamlSettings(text, { file, schema: Policy, keysAt, faultsOf });
  const own = Object.fromEntries(parsed.patterns.map(({ name, action }) => [name, action]));
  return {
    actions: { ...own, ...parsed.actions },
    projects: parsed.projects,
    patterns: parsed.patterns.map(({ name, pattern, flags }) => ({ name, source: pattern, flags })),
  };
}

function keysAt(path: Path): readonly string[] {
  return Object.keys((path.length === 0 ? Policy : Pattern).shape);
}

function faultsOf({ actions, projects, patterns }: Parsed): SettingFault[] {
  const known = [...KINDS, ...patterns.map(({ name }) => name)];
  const unknownIn = (path: Path, names: readonly string[]): SettingFault[] =>
    names
      .filter((name) => !known.includes(name))
      .map((name) => ({
        path: [...path, name],
        at: 'name' as const,
        message: `there is no kind ${name}${suggestion(name, known)}; there are ${known.join(', ')}`,
      }));
  return [
    ...unknownIn(['actions'], Object.keys(actions)),
    ...Object.entries(projects).flatMap(([name, own]) => unknownIn(['projects', name], Object.keys(own))),
    ...patterns.flatMap((_, index) => faultsOfPattern(patterns, index)),
  ];
}

function faultsOfPattern(patterns: Parsed['patterns'], index: number): SettingFault[] {
  const { name = '', pattern = '', flags = '' } = patterns[index] ?? {};
  const faults: SettingFault[] = [];
  const isTaken = (KINDS as readonly string[]).includes(name);
  if (isTaken || patterns.findIndex((other) => other.name === name) < index) {
    const message = `expected a name of its own, and ${name} ${isTaken ? 'is built in' : 'was used before'}`;
    faults.push({ path: ['patterns', index, 'name'], message });
  }
  const fault = patternFault(pattern, flags);
  if (fault) faults.push({ path: ['patterns', index, 'pattern'], ...fault });
  return faults;
}
