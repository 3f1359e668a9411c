import { isMap, isNode, isScalar, isSeq, type Node } from 'yaml';
import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { AppError } from './errors.ts';
import { readYamlDocument } from './yaml-document.ts';

/** Where in a document something is: names of keys and places in lists. */
export type Path = readonly PropertyKey[];

/** Something in a file of settings that cannot be used. */
export interface SettingFault {
  readonly path: Path;
  readonly message: string;
  /** Whether the name is at fault, or (unless said) the value. */
  readonly at?: 'name' | 'value';
  /** Characters behind the start of the value, for a fault inside it. */
  readonly offset?: number;
}

export interface YamlRules<Schema extends z.ZodType> {
  /** Name of the file, for what is said about it. */
  readonly file: string;
  readonly schema: Schema;
  /** Keys that may stand in the map at a path, to name the one that was meant. */
  keysAt(path: Path): readonly string[];
  /** Puts into what was read what stands for something else, before the schema looks at it. */
  prepare?(value: unknown): { readonly value: unknown; readonly faults: readonly SettingFault[] };
  /** Faults that the schema cannot say. Called with what fits it. */
  faultsOf(value: z.output<Schema>): readonly SettingFault[];
}

/** More faults than these are not read, and a file that is no such file has as many as lines. */
const FAULTS_TOLD = 100;

/**
 * What a YAML file of settings says; an empty one counts as an empty map.
 *
 * @throws AppError `invalid_input` that tells every fault with file, line and column, counted from 1
 */
export function parseYamlSettings<Schema extends z.ZodType>(
  text: string,
  rules: YamlRules<Schema>,
): z.output<Schema> {
  const { file, schema, prepare, faultsOf } = rules;
  const document = readYamlDocument(text);
  const fail = (faults: readonly { readonly offset: number; readonly message: string }[]): never => {
    const shown = faults.slice(0, FAULTS_TOLD).map(({ offset, message }) => {
      const { line, col } = document.lines.linePos(offset);
      return `  ${file}:${line}:${col}: ${message}`;
    });
    const more = faults.length - shown.length;
    if (more > 0) shown.push(`  … and ${more} more`);
    throw new AppError('invalid_input', `settings that cannot be used:\n${shown.join('\n')}`);
  };
  if (!document.ok) return fail([document]);
  const given = document.value ?? {};
  const prepared = prepare?.(given) ?? { value: given, faults: [] };
  const parsed = schema.safeParse(prepared.value);
  const found = parsed.success
    ? faultsOf(parsed.data)
    : parsed.error.issues.flatMap((issue) => wordsOf(issue, rules));
  // Where something is told already, the schema has nothing to add.
  const isTold = ({ path }: SettingFault) => prepared.faults.some((one) => samePath(one.path, path));
  const faults = [...prepared.faults, ...found.filter((one) => !isTold(one))];
  if (parsed.success && faults.length === 0) return parsed.data;
  return fail(
    faults
      .map((fault) => ({ offset: startOf(document.contents, fault), message: fault.message }))
      .sort((a, b) => a.offset - b.offset),
  );
}

const samePath = (a: Path, b: Path): boolean =>
  a.length === b.length && a.every((step, index) => step === b[index]);

/** " (did you mean email?)" where a known name is near, else "". */
export function suggestion(name: string, known: readonly string[]): string {
  const meant = didYouMean(name, known);
  return meant === null ? '' : ` (did you mean ${meant}?)`;
}

function wordsOf(issue: z.core.$ZodIssue, rules: Pick<YamlRules<z.ZodType>, 'keysAt'>): SettingFault[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ path, message }];
  const known = rules.keysAt(path);
  return issue.keys.map((key) => ({
    path: [...path, key],
    at: 'name',
    message: `there is no ${key} here${suggestion(key, known)}; there are ${known.join(', ')}`,
  }));
}

interface Place {
  readonly node: Node | null;
  readonly keyStart: number | undefined;
}

/** Where the name or the value at the path starts; where what is nearest above does, if it is absent. */
function startOf(root: Node | null, { path, at = 'value', offset }: SettingFault): number {
  let place: Place = { node: root, keyStart: undefined };
  let start = root?.range?.[0] ?? 0;
  for (const step of path) {
    place = placeIn(place.node, step);
    start = place.keyStart ?? place.node?.range?.[0] ?? start;
  }
  const value = place.node;
  if (at === 'name' || !isScalar(value)) return start;
  const valueStart = value.range?.[0] ?? start;
  if (offset === undefined) return valueStart;
  const isQuoted = value.type === 'QUOTE_SINGLE' || value.type === 'QUOTE_DOUBLE';
  return valueStart + (isQuoted ? 1 : 0) + offset;
}

function placeIn(node: Node | null, step: PropertyKey): Place {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
    const key = isNode(pair?.key) ? pair.key : undefined;
    return { node: isNode(pair?.value) ? pair.value : null, keyStart: key?.range?.[0] };
  }
  // A scalar may stand for a list of one.
  if (isScalar(node) && step === 0) return { node, keyStart: undefined };
  const item: unknown = isSeq(node) ? node.items[Number(step)] : null;
  return { node: isNode(item) ? item : null, keyStart: undefined };
}
