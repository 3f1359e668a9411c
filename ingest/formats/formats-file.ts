import { z } from 'zod';
import { type Path, parseYamlSettings, type SettingFault } from '../../core/yaml-settings.ts';
import { runawayFault } from '../redact/pattern-check.ts';
import { compileSchema, schemaFaults } from './compile-schema.ts';
import type { Format } from './format.ts';
import { createTimeLimit } from './time-limit.ts';

const FORMATS_MAX = 200;
const TEXT_MAX = 200;
const PATTERN_MAX = 500;
const VALUES_MAX = 1_000;
const SCHEMA_NODES_MAX = 5_000;
const SCHEMA_DEPTH_MAX = 64;
/** Each may take ten seconds to check. */
const SCHEMA_PATTERNS_MAX = 20;
const COMPILE_MS_MAX = 2_000;

const Text = z.string().min(1).max(TEXT_MAX);
const Match = z.strictObject({
  project: Text.optional(),
  model: Text.optional(),
  version: Text.optional(),
  operation: Text.optional(),
  prompt_name: Text.optional(),
  attributes: z.record(Text, Text).optional(),
});
const FormatSchema = z.strictObject({
  match: Match.default({}),
  schema: z.union([z.boolean(), z.record(z.string(), z.unknown())]).optional(),
  pattern: z.string().min(1).max(PATTERN_MAX).optional(),
  one_of: z.array(z.string().max(TEXT_MAX)).min(1).max(VALUES_MAX).optional(),
});
const FormatsFile = z.strictObject({ formats: z.array(FormatSchema).max(FORMATS_MAX).default([]) });

/**
 * The formats that a file says (docs/signals.md), in its order. Regular expressions are checked for running away, which takes
 * up to some seconds each; schemas are compiled once.
 *
 * @param file its name, for what is said about it
 * @throws AppError `invalid_input` that tells every fault with line and column
 */
export function parseFormats(text: string, file: string): readonly Format[] {
  return parseYamlSettings(text, { file, schema: FormatsFile, keysAt, faultsOf }).formats;
}

function keysAt(path: Path): readonly string[] {
  if (path.length === 0) return Object.keys(FormatsFile.shape);
  return Object.keys((path.length === 2 ? FormatSchema : Match).shape);
}

function faultsOf({ formats }: z.output<typeof FormatsFile>): SettingFault[] {
  return formats.flatMap((format, index) => faultsOfFormat(format, ['formats', index]));
}

function faultsOfFormat(format: Format, path: Path): SettingFault[] {
  const kinds = (['schema', 'pattern', 'one_of'] as const).filter((kind) => format[kind] !== undefined);
  if (kinds.length !== 1)
    return [
      {
        path,
        message: `expected one of schema, pattern and one_of, and there are ${kinds.length || 'none'}`,
      },
    ];
  if (format.pattern !== undefined) return faultsOfPattern(format.pattern, [...path, 'pattern']);
  return format.schema === undefined ? [] : faultsOfSchema(format.schema, [...path, 'schema']);
}

function faultsOfPattern(source: string, path: Path): SettingFault[] {
  try {
    new RegExp(`^(?:${source})$`, 'u');
  } catch (error) {
    return [{ path, message: error instanceof Error ? error.message : 'expected a regular expression' }];
  }
  const fault = runawayFault(`^(?:${source})$`, 'u');
  return fault ? [{ path, message: fault.message }] : [];
}

function faultsOfSchema(schema: object | boolean, path: Path): SettingFault[] {
  const seen = { nodes: 0, patterns: [] as { source: string; path: Path }[], isDeep: false };
  lookThrough(schema, path, { seen, depth: 0 });
  if (seen.isDeep || seen.nodes > SCHEMA_NODES_MAX) {
    const message = `expected a schema of at most ${SCHEMA_NODES_MAX} values, nested at most ${SCHEMA_DEPTH_MAX} deep`;
    return [{ path, message }];
  }
  if (seen.patterns.length > SCHEMA_PATTERNS_MAX)
    return [{ path, message: `expected at most ${SCHEMA_PATTERNS_MAX} regular expressions in a schema` }];
  const found = schemaFaults(schema).map((fault) => ({ ...fault, path: pathIn(path, fault.path) }));
  if (found.length > 0) return found;
  const ofPatterns = seen.patterns.flatMap(({ source, path: at }) => {
    const fault = runawayFault(source, 'u');
    return fault ? [{ path: at, message: fault.message }] : [];
  });
  return ofPatterns.length > 0 ? ofPatterns : compileFaults(schema, path);
}

/** Keys that are names in lists are numbers in a path. */
function pathIn(path: Path, steps: readonly string[]): Path {
  return [...path, ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))];
}

function lookThrough(
  value: unknown,
  path: Path,
  {
    seen,
    depth,
  }: { seen: { nodes: number; patterns: { source: string; path: Path }[]; isDeep: boolean }; depth: number },
): void {
  seen.nodes++;
  if (value === null || typeof value !== 'object' || seen.nodes > SCHEMA_NODES_MAX) return;
  if (depth >= SCHEMA_DEPTH_MAX) {
    seen.isDeep = true;
    return;
  }
  for (const [key, part] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === 'pattern' && typeof part === 'string') seen.patterns.push({ source: part, path: at });
    if (key === 'patternProperties' && part !== null && typeof part === 'object')
      for (const source of Object.keys(part)) seen.patterns.push({ source, path: [...at, source] });
    lookThrough(part, at, { seen, depth: depth + 1 });
  }
}

function compileFaults(schema: object | boolean, path: Path): SettingFault[] {
  try {
    const compiled = createTimeLimit(COMPILE_MS_MAX)(() => compileSchema(schema));
    return compiled === 'overrun' ? [{ path, message: 'expected a schema that compiles within 2 s' }] : [];
  } catch (error) {
    const said = error instanceof Error ? error.message : 'cannot be compiled';
    const unknown = /^strict mode: unknown keyword: "(.{1,100})"$/.exec(said)?.[1];
    if (unknown === undefined) return [{ path, message: `expected a JSON Schema that can be used: ${said}` }];
    return [
      {
        path: keyPath(schema, unknown, path) ?? path,
        at: 'name',
        message: `JSON Schema (draft 2020-12) has no keyword ${unknown}`,
      },
    ];
  }
}

function keyPath(value: unknown, name: string, path: Path): Path | null {
  if (value === null || typeof value !== 'object') return null;
  for (const [key, part] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    const found = key === name ? at : keyPath(part, name, at);
    if (found) return found;
  }
  return null;
}
