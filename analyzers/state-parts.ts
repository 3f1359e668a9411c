import { createHash } from 'node:crypto';

/** A state as texts: what moves, and by name what seldom does. */
export interface StateParts {
  readonly moving: string;
  readonly added: ReadonlyMap<string, string>;
  /** Every part that `moving` names. */
  readonly named: ReadonlySet<string>;
}

/** Shorter objects stay where they are: a row of their own would cost more. */
const PART_CHARACTERS_MIN = 400;
/** Parts are looked for so deep below the root: families, signals, what is kept of a signal. */
const DEPTH_MAX = 6;
const REFERENCE = '$part';
const HISTOGRAM = '$bins';

/** Names of the parts that were made, or read, in this process. */
const NAMES = new WeakMap<object, string>();
/** Objects that were looked at and found too short. */
const SHORT = new WeakSet<object>();

/**
 * A state as it is stored. An object that the step before left as it was, at the same place, is a part of its own: it is
 * written once and then named by the hash of what it says. States are changed by making new objects, so that "as it was" is
 * identity, and nothing needs to say which of its parts stand still.
 *
 * @param before the state before this step; null for the first
 * @param stored names of the parts of this stream that are stored
 */
export function splitState(state: unknown, before: unknown, stored: ReadonlySet<string>): StateParts {
  const added = new Map<string, string>();
  const named = new Set<string>();

  function partOf(value: object): string | null {
    const known = NAMES.get(value);
    if (known !== undefined && (stored.has(known) || added.has(known))) return known;
    if (SHORT.has(value)) return null;
    const text = JSON.stringify(packed(value));
    if (text.length < PART_CHARACTERS_MIN) {
      SHORT.add(value);
      return null;
    }
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
    NAMES.set(value, name);
    if (!stored.has(name)) added.set(name, text);
    return name;
  }

  function walk(value: unknown, was: unknown, depth: number): unknown {
    if (!isRecord(value)) return packed(value);
    if (value === was || NAMES.has(value)) {
      const name = partOf(value);
      if (name === null) return packed(value);
      named.add(name);
      return { [REFERENCE]: name };
    }
    if (depth === DEPTH_MAX) return packed(value);
    const past = isRecord(was) ? was : {};
    return Object.fromEntries(
      Object.entries(value).map(([field, inner]) => [field, walk(inner, past[field], depth + 1)]),
    );
  }

  return { moving: JSON.stringify(walk(state, before, 0)), added, named };
}

/**
 * The state out of its parts; null if there is none.
 *
 * @throws Error if a part that is named is not there
 */
export function joinState(parts: ReadonlyMap<string, string>): unknown {
  const moving = parts.get('');
  return moving === undefined ? null : parse(moving, parts);
}

function parse(text: string, parts: ReadonlyMap<string, string>): unknown {
  return unpacked(JSON.parse(text), parts);
}

/** In place. */
function unpacked(value: unknown, parts: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) {
    // Numbers and texts alone are most of what is in lists.
    for (const [place, item] of value.entries())
      if (typeof item === 'object' && item !== null) value[place] = unpacked(item, parts);
    return value;
  }
  if (!isRecord(value)) return value;
  const flat = value[HISTOGRAM];
  if (Array.isArray(flat)) return unpack(flat as number[]);
  const name = value[REFERENCE];
  if (typeof name === 'string') return partNamed(name, parts);
  for (const [field, inner] of Object.entries(value))
    if (typeof inner === 'object' && inner !== null) value[field] = unpacked(inner, parts);
  return value;
}

function partNamed(name: string, parts: ReadonlyMap<string, string>): unknown {
  const part = parts.get(name);
  if (part === undefined) throw new Error(`the state of a stream names a part that is not stored: ${name}`);
  const found = parse(part, parts) as object;
  NAMES.set(found, name);
  return found;
}

/** Histograms are most of a state: bins as steps, and no brackets, take half of the room. */
function packed(value: unknown): unknown {
  if (Array.isArray(value)) return isHistogram(value) ? steps(value) : value.map(packed);
  // What says itself how it is written, such as a date.
  if (!isRecord(value) || typeof value['toJSON'] === 'function') return value;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, packed(inner)]));
}

function steps(value: readonly (readonly [number, number])[]): unknown {
  const flat: number[] = [];
  let last = 0;
  for (const [bin, rows] of value) {
    flat.push(bin - last, rows);
    last = bin;
  }
  return { [HISTOGRAM]: flat };
}

function unpack(flat: readonly number[]): [number, number][] {
  const bins: [number, number][] = [];
  let bin = 0;
  for (let at = 0; at < flat.length; at += 2) {
    bin += flat[at] ?? 0;
    bins.push([bin, flat[at + 1] ?? 0]);
  }
  return bins;
}

/** Pairs that begin with an integer. */
function isHistogram(value: unknown): value is [number, number][] {
  if (!Array.isArray(value) || value.length < 2) return false;
  return value.every(
    (pair) =>
      Array.isArray(pair) && pair.length === 2 && Number.isInteger(pair[0]) && typeof pair[1] === 'number',
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
