import { CARD_FORMS } from './card.ts';
import { findEmails } from './email.ts';
import { findFiscalCodes } from './fiscal-code.ts';
import { findIbans } from './iban.ts';
import { findIps } from './ip.ts';
import { type Detector, type Finding, KINDS } from './kinds.ts';
import { NATIONAL_ID_FORMS, SSN_FORMS } from './national-id.ts';
import { FIVE_MORE_DIGITS, findNumbers, type NumberForm } from './number-form.ts';
import { PHONE_FORMS } from './phone.ts';
import { placeholderCount } from './placeholder.ts';
import { findSecrets } from './secret.ts';

/** The shortest of all: a@b.co. */
const CHARACTERS_MIN = 6;
/** What is not a row of digits: a number with points, a digit before a letter or before a colon as in an IPv6 address. */
const MIX = String.raw`\.\d{1,3}\.\d|[A-Za-z]|:[0-9A-Fa-f:]`;
/**
 * Six digits near each other, or a mix: all but e-mail and keys without a digit have one of these. A pattern that begins
 * with a digit skips prose at half a nanosecond a character.
 */
const SUSPECT = new RegExp(String.raw`\d(?:${FIVE_MORE_DIGITS}|${MIX})`, 'g');
const SUSPECT_CHARACTERS_MAX = 16;
const SUSPECT_MIX = new RegExp(String.raw`\d(?:${MIX})`);
const DIGIT_BEFORE_LETTER = /\d[A-Za-z]/g;
/** Keys that are short, or have no digits: one in thirty of AWS has none. */
const KEY_WITHOUT_DIGITS = /hf_|gh[pousr]_|[rs]k_/;
/** What keys and fiscal codes are made of, and how long the shortest is. */
const TOKEN = /[\w+/=.~-]*/y;
const TOKEN_CHARACTERS_MIN = 16;
const IS_OF_TOKEN = Uint8Array.from({ length: 0x80 }, (_, code) =>
  /[\w+/=.~-]/.test(String.fromCharCode(code)) ? 1 : 0,
);
const IBAN_START = /[A-Za-z]{2}\d\d[ \u00a0-]?[A-Za-z0-9]{3}/;
const DOTTED = /\d\.\d{1,3}\.\d{1,3}\.\d/;
const COLONS = /:[0-9a-fA-F]{0,4}:/;

const FORMS: readonly NumberForm[] = [...CARD_FORMS, ...SSN_FORMS, ...NATIONAL_ID_FORMS, ...PHONE_FORMS];
const NONE: readonly Finding[] = [];

/**
 * What the built-in detectors find in a text, in order of place, without overlap: where two overlap, their union counts
 * as the kind that comes first in `KINDS`. Linear in the text; most texts are done after one fast pass.
 */
export function findPersonalData(text: string): readonly Finding[] {
  if (text.length < CHARACTERS_MIN) return NONE;
  const hasAt = text.includes('@');
  const mayHaveKey = hasAt || text.includes('AKIA') || (text.includes('_') && KEY_WITHOUT_DIGITS.test(text));
  SUSPECT.lastIndex = 0;
  const isSuspect = SUSPECT.test(text);
  if (!isSuspect && !mayHaveKey) return NONE;
  const from = Math.max(0, SUSPECT.lastIndex - SUSPECT_CHARACTERS_MAX);
  const hasMix = isSuspect && SUSPECT_MIX.test(text);
  const found: readonly Finding[] = [
    ...(hasAt ? of('email', findEmails, text) : NONE),
    ...(mayHaveKey || (hasMix && hasLongToken(text)) ? findKeys(text) : NONE),
    ...(hasMix && (DOTTED.test(text) || COLONS.test(text)) ? of('ip', findIps, text) : NONE),
    ...(isSuspect ? findRows(text, from) : NONE),
  ];
  return found.length === 0 ? NONE : merged(found);
}

/** Items in a text, those that were redacted before included: the same number before and after. */
export function personalDataCount(text: string): number {
  return findPersonalData(text).length + placeholderCount(text);
}

function findKeys(text: string): Finding[] {
  return [...of('secret', findSecrets, text), ...of('national_id', findFiscalCodes, text)];
}

function findRows(text: string, from: number): Finding[] {
  return [...(IBAN_START.test(text) ? of('iban', findIbans, text) : NONE), ...findNumbers(text, from, FORMS)];
}

/** Whether a token with a digit before a letter is as long as the shortest key. */
function hasLongToken(text: string): boolean {
  DIGIT_BEFORE_LETTER.lastIndex = 0;
  while (DIGIT_BEFORE_LETTER.test(text)) {
    let start = DIGIT_BEFORE_LETTER.lastIndex - 1;
    const startMin = start - TOKEN_CHARACTERS_MIN;
    while (start > startMin && start > 0 && isOfToken(text.charCodeAt(start - 1))) start--;
    TOKEN.lastIndex = start;
    TOKEN.exec(text);
    if (TOKEN.lastIndex - start >= TOKEN_CHARACTERS_MIN) return true;
    DIGIT_BEFORE_LETTER.lastIndex = TOKEN.lastIndex;
  }
  return false;
}

function isOfToken(code: number): boolean {
  return code < 0x80 && IS_OF_TOKEN[code] === 1;
}

function of(kind: Finding['kind'], find: Detector, text: string): Finding[] {
  return find(text).map(({ start, end }) => ({ kind, start, end }));
}

const RANK: ReadonlyMap<string, number> = new Map(KINDS.map((kind, rank) => [kind, rank]));

/** In order of place, overlapping ones as one of the kind of better rank; a kind without a rank comes before all. */
export function merged(found: readonly Finding[]): Finding[] {
  const sorted = [...found].sort((a, b) => a.start - b.start || rankOf(a) - rankOf(b));
  const result: Finding[] = [];
  for (const next of sorted) {
    const last = result.at(-1);
    if (last === undefined || next.start >= last.end) result.push(next);
    else {
      const kind = rankOf(next) < rankOf(last) ? next.kind : last.kind;
      result[result.length - 1] = { kind, start: last.start, end: Math.max(last.end, next.end) };
    }
  }
  return result;
}

function rankOf({ kind }: Finding): number {
  return RANK.get(kind) ?? -1;
}
