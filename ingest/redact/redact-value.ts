import { isDeeperThan } from '../depth.ts';
import { PLACEHOLDERS } from './placeholder.ts';
import type { TextUse } from './redact-text.ts';

/** The text as it may be kept; the same string when nothing was found. */
export type Redact = (text: string, use: TextUse) => string;

const CONTENT: TextUse = { isIdentifier: false, charactersMax: Number.POSITIVE_INFINITY };
/** Names of fields tell apart, too. */
const NAME: TextUse = { isIdentifier: true, charactersMax: Number.POSITIVE_INFINITY };
/** JSON in the text of JSON in a text …: deeper it is plain text. */
const JSON_LEVELS_MAX = 4;
const JSON_DEPTH_MAX = 64;
const TEXT_OR_PLACEHOLDER = new RegExp(`"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"|${PLACEHOLDERS.source}`, 'g');

/**
 * The same JSON value with every text in it redacted, names of fields too; the value itself when nothing was found.
 * Numbers and booleans stay. The nesting of `value` is bounded by the caller.
 */
export function redactValue(value: unknown, redact: Redact): unknown {
  return walk(value, redact, 0);
}

/** A text; one that is JSON stays JSON. */
export function redactContent(text: string, redact: Redact): string {
  return redactJsonText(text, redact, 0);
}

function walk(value: unknown, redact: Redact, level: number): unknown {
  if (typeof value === 'string') return redactJsonText(value, redact, level);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => walk(item, redact, level));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let isSame = true;
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => {
    const entry: [string, unknown] = [redact(name, NAME), walk(item, redact, level)];
    if (entry[0] !== name || entry[1] !== item) isSame = false;
    return entry;
  });
  return isSame ? value : Object.fromEntries(entries);
}

/**
 * Arguments of tools are JSON in a text. A value may stand behind an escape (`\n`, `\u002b`), where no detector sees how it
 * begins; and where a number was, a placeholder needs quotes.
 */
function redactJsonText(text: string, redact: Redact, level: number): string {
  if (!looksLikeJson(text) || level >= JSON_LEVELS_MAX) return redact(text, CONTENT);
  const plain = text.includes('\\') ? withinTexts(text, redact, level) : text;
  const redacted = redact(plain, CONTENT);
  if (redacted === plain || parse(plain) === null || parse(redacted) !== null) return redacted;
  const quoted = redacted.replace(TEXT_OR_PLACEHOLDER, (part) => (part.startsWith('"') ? part : `"${part}"`));
  return parse(quoted) === null ? redact(withinTexts(text, redact, level), CONTENT) : quoted;
}

/** JSON whose texts were redacted without their escapes; as it was when nothing was found, or when it is none. */
function withinTexts(text: string, redact: Redact, level: number): string {
  const parsed = parse(text);
  // Deeper than a record may be: as plain text.
  if (parsed === null || isDeeperThan(parsed.value, JSON_DEPTH_MAX)) return text;
  const walked = walk(parsed.value, redact, level + 1);
  return walked === parsed.value ? text : JSON.stringify(walked);
}

function looksLikeJson(text: string): boolean {
  const first = text.charCodeAt(0);
  return first === 0x7b || first === 0x5b;
}

function parse(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
