import { isDeeperThan } from '../depth.ts';
import type { Attributes, Value } from './telemetry.ts';

/** What OpenInference writes in the place of what it was told to hide. */
const REDACTED = '__REDACTED__';
/** Levels of a text's JSON: what is read of it is walked by functions that call themselves. */
const DEPTH_MAX = 100;

/** A field of an object value, never one of its prototype; undefined when there is none. */
export function field(value: Value | undefined, name: string): Value | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.hasOwn(value, name) ? (value as { readonly [name: string]: Value })[name] : undefined;
}

/** The first of the fields that is there and not null. */
export function firstField(value: Value | undefined, names: readonly string[]): Value | undefined {
  for (const name of names) {
    const found = field(value, name);
    if (found !== undefined && found !== null) return found;
  }
  return undefined;
}

/** A text that says something: not empty, not hidden. */
export function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value !== REDACTED ? value : undefined;
}

/** The items of a list value; none for anything else. */
export function itemsOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? value : [];
}

/** What a JSON text holds; the text itself if it is no JSON, or nests deeper than anything that is meant. */
export function unpacked(value: Value | undefined): Value | undefined {
  if (typeof value !== 'string' || !/^\s*[[{"]/.test(value)) return value;
  try {
    const parsed = JSON.parse(value) as Value;
    return isDeeperThan(parsed, DEPTH_MAX) ? value : parsed;
  } catch {
    return value;
  }
}

/** The first of the attributes that is a text with something in it, or a number, as text. */
export function firstText(attributes: Attributes, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = attributes.get(name);
    const text = typeof value === 'number' ? String(value) : textOf(value);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** The first of the attributes that is a finite number of at least 0, also one written as text. */
export function firstNumber(attributes: Attributes, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = attributes.get(name);
    const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number) && number >= 0) return number;
  }
  return undefined;
}

/** At most so many UTF-16 units, never half a character. */
export function cut<Text extends string | undefined>(text: Text, lengthMax: number): Text {
  if (text === undefined || text.length <= lengthMax) return text;
  const isInPair = /[\ud800-\udbff]/.test(text.charAt(lengthMax - 1));
  return text.slice(0, isInPair ? lengthMax - 1 : lengthMax) as Text;
}
