import type { Inference } from '../core/inference.ts';

/** Columns of integers: 150 is taken, 150.0 and 1.5e2 are not. */
const INTEGERS = (
  ['input_tokens', 'output_tokens', 'cached_tokens', 'accelerator_memory_bytes'] as const
).map(searched);
/** Columns that would keep a key twice where JSON keeps the last. */
const MAPS = (['attributes', 'groups', 'scores'] as const).map(searched);

const [SPACE, QUOTE, COMMA, BACKSLASH, CLOSE_OBJECT] = [0x20, 0x22, 0x2c, 0x5c, 0x7d];

/**
 * Whether a store reads the text of an inference as JSON.parse did, as far as that is seen cheaply: integers written
 * as such, and no key twice in a map. In doubt false, and the line is written anew. A name inside a nested object may
 * hide the field behind it; such a block the store refuses, and all of it is written anew.
 */
export function isPlainSpelling(text: string, inference: Inference): boolean {
  for (const field of INTEGERS) {
    if (inference[field.name] !== undefined && !isDigits(text, valueStart(text, field))) return false;
  }
  for (const field of MAPS) {
    const map = inference[field.name];
    if (map === undefined) continue;
    const keys = Object.keys(map).length;
    const texts = field.name === 'scores' ? keys : 2 * keys;
    if (stringsIn(text, valueStart(text, field)) !== texts) return false;
  }
  return true;
}

interface Searched<Name> {
  readonly name: Name;
  /** How JSON writers begin the field; made once, since it is looked for in every record. */
  readonly start: string;
}

function searched<Name extends string>(name: Name): Searched<Name> {
  return { name, start: `"${name}":` };
}

/**
 * Where the value of a field starts if the field is spelt as JSON writers do, else -1. Looked for from the end: short
 * fields usually follow the long texts.
 */
function valueStart(text: string, { start }: Searched<string>): number {
  const found = text.lastIndexOf(start);
  if (found === -1) return -1;
  const end = found + start.length;
  return text.charCodeAt(end) === SPACE ? end + 1 : end;
}

function isDigits(text: string, start: number): boolean {
  if (start === -1) return false;
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  const after = text.charCodeAt(at);
  return at > start && (after === COMMA || after === CLOSE_OBJECT || after === SPACE);
}

/** Strings in a flat object, keys included; -1 if there is no object. */
function stringsIn(text: string, start: number): number {
  if (start === -1) return -1;
  let strings = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === CLOSE_OBJECT) return strings;
    if (code !== QUOTE) continue;
    strings++;
    at = stringEnd(text, at);
  }
  return -1;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
