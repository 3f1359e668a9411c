import type { Plain, PlainObject } from './plain-copy.ts';
import { WIRE_FIELDS, type WireField } from './wire-fields.ts';

export interface FitLimits {
  /** Of each text of what was asked and answered, in UTF-16 units. */
  readonly textCharactersMax: number;
}

const TEXT_MAX = 200;
const ID_MAX = 256;
const MAP_VALUES_MAX = 64;
const MAP_TEXT_MAX = 1000;
const LIST_MAX = 1000;
const MESSAGES_MAX = 10_000;
const NUMBER_MAX = 1e10;
const NUMBERS_MAX: Readonly<Partial<Record<keyof typeof WIRE_FIELDS, number>>> = {
  cost_usd: 1e9,
  accelerator_utilization: 1,
};
/** Attribute that says how long the texts were that were cut: `response=1234567`. */
const TRUNCATED = 'plumbline.truncated';

/**
 * The record as the service takes it: only its fields, each within its limits, with well-formed texts. Numbers that
 * make no sense are left out; fields of other names become attributes. A text that was cut keeps its beginning, and its
 * length is told in an attribute.
 */
export function fitRecord(record: PlainObject, { textCharactersMax }: FitLimits): PlainObject {
  const fitted: PlainObject = {};
  const extras: PlainObject = {};
  const cut: string[] = [];
  for (const [name, value] of Object.entries(record)) {
    if (!Object.hasOwn(WIRE_FIELDS, name)) {
      extras[name] = value;
      continue;
    }
    const tell = (characters: number): void => {
      cut.push(`${name}=${characters}`);
    };
    const fit = fitField(name as keyof typeof WIRE_FIELDS, value, { textCharactersMax, tell });
    if (fit !== null) fitted[name] = fit;
  }
  // At most one of the two; messages say more.
  if (fitted['messages'] !== undefined) delete fitted['prompt'];
  if (cut.length > 0) extras[TRUNCATED] = cut.join(' ');
  if (Object.keys(extras).length > 0) {
    // Ours first, since what is beyond the limit is left out at the end.
    const { [TRUNCATED]: told, ...others } = extras;
    const own = told === undefined ? {} : { [TRUNCATED]: told };
    fitted['attributes'] = fitTexts({ ...own, ...(asFields(fitted['attributes']) ?? {}), ...others }) ?? {};
  }
  return fitted;
}

interface Cutting {
  readonly textCharactersMax: number;
  readonly tell: (characters: number) => void;
}

function fitField(name: keyof typeof WIRE_FIELDS, value: Plain, cutting: Cutting): Plain {
  const kind: WireField = WIRE_FIELDS[name];
  switch (kind) {
    case 'text':
      return shortText(value, TEXT_MAX);
    case 'name':
      return lineText(value, TEXT_MAX);
    case 'id':
      return lineText(value, ID_MAX);
    case 'instant':
      return typeof value === 'string' ? value : null;
    case 'status':
      return value === 'error' ? 'error' : 'ok';
    case 'content':
      return value === null ? null : fitContent(typeof value === 'string' ? value : asText(value), cutting);
    case 'list':
      return fitList(name, value, cutting);
    case 'number':
      return fitNumber(value, NUMBERS_MAX[name] ?? NUMBER_MAX);
    case 'integer':
      return fitInteger(value);
    case 'texts':
      return fitTexts(value);
    case 'numbers':
      return fitNumbers(value);
    default:
      return kind satisfies never;
  }
}

function fitContent(value: Plain, cutting: Cutting): Plain {
  if (typeof value === 'string') return cutText(value, cutting);
  if (Array.isArray(value)) return value.map((item) => fitContent(item, cutting));
  if (value === null || typeof value !== 'object') return value;
  const fitted: PlainObject = {};
  for (const [name, item] of Object.entries(value)) fitted[wellFormed(name)] = fitContent(item, cutting);
  return fitted;
}

function cutText(text: string, { textCharactersMax, tell }: Cutting): string {
  if (text.length <= textCharactersMax) return wellFormed(text);
  tell(text.length);
  return wellFormed(text.slice(0, textCharactersMax));
}

function fitList(name: string, value: Plain, cutting: Cutting): Plain {
  if (!Array.isArray(value)) return null;
  if (name === 'messages') {
    return value.slice(-MESSAGES_MAX).map((message) => fitContent(asMessage(message), cutting));
  }
  const items = value.slice(0, LIST_MAX);
  if (name === 'context') {
    return items.map((item) => fitContent(typeof item === 'string' ? item : asText(item), cutting));
  }
  return items.map((item) => fitContent(item, cutting));
}

function asMessage(value: Plain): PlainObject {
  const fields = asFields(value) ?? { content: value };
  const { role } = fields;
  const isRole = typeof role === 'string' && role !== '';
  return { ...fields, role: isRole ? role.slice(0, TEXT_MAX) : 'unknown' };
}

function shortText(value: Plain, max: number): Plain {
  if (value === null || typeof value === 'object') return null;
  return wellFormed(String(value).slice(0, max));
}

function lineText(value: Plain, max: number): Plain {
  const text = shortText(value, max);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  const line = typeof text === 'string' ? text.replace(/[\u0000-\u001f\u007f]/g, ' ') : '';
  return line === '' ? null : line;
}

function fitNumber(value: Plain, max: number): Plain {
  return typeof value === 'number' && value >= 0 ? Math.min(value, max) : null;
}

function fitInteger(value: Plain): Plain {
  return typeof value === 'number' && value >= 0
    ? Math.min(Math.round(value), Number.MAX_SAFE_INTEGER)
    : null;
}

function fitTexts(value: Plain): PlainObject | null {
  const fitted: PlainObject = {};
  let left = MAP_VALUES_MAX;
  for (const [name, item] of Object.entries(asFields(value) ?? {})) {
    const text = shortText(item, MAP_TEXT_MAX);
    if (text === null || name === '') continue;
    if (left-- === 0) break;
    fitted[wellFormed(name.slice(0, TEXT_MAX))] = text;
  }
  return fitted;
}

function fitNumbers(value: Plain): PlainObject | null {
  const fitted: PlainObject = {};
  let left = MAP_VALUES_MAX;
  for (const [name, item] of Object.entries(asFields(value) ?? {})) {
    const number = typeof item === 'boolean' ? Number(item) : item;
    if (typeof number !== 'number' || name === '') continue;
    if (left-- === 0) break;
    fitted[wellFormed(name.slice(0, TEXT_MAX))] = number;
  }
  return fitted;
}

function asFields(value: Plain | undefined): PlainObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

const asText = (value: Plain): string => JSON.stringify(value);

/** Half a surrogate pair has no UTF-8: it becomes U+FFFD. */
const wellFormed = (text: string): string =>
  LONE_SURROGATE.test(text) ? text.replace(LONE_SURROGATES, '\ufffd') : text;

// A pattern with `u` reads a whole pair as one character, so that only a half is one of these.
const LONE_SURROGATE = /[\ud800-\udfff]/u;
const LONE_SURROGATES = /[\ud800-\udfff]/gu;
