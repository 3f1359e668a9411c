import { CARD_FORMS } from './card.ts';
import { findEmails } from './email.ts';
import { findFiscalCodes } from './fiscal-code.ts';
import { findIbans } from './iban.ts';
import { findIps } from './ip.ts';
import { type Detector, type Finding, KINDS } from './kinds.ts';
import { NATIONAL_ID_FORMS, SSN_FORMS } from './national-id.ts';
import { findNumbers, type NumberForm } from './number-form.ts';
import { PHONE_FORMS } from './phone.ts';
import { placeholderCount } from './placeholder.ts';
import { findSecrets } from './secret.ts';

/** The shortest of all: a@b.co. */
const CHARACTERS_MIN = 6;
/**
 * Six digits near each other, numbers with points, or a letter or colon beside a digit: all but e-mail and Hugging Face
 * keys have one of these. A pattern that begins with a digit skips prose at half a nanosecond a character.
 */
const SUSPECT =
  /\d(?:(?:[ \u00a0\u202f./()\-\u2010-\u2013]{0,2}\d){5}|\.\d{1,3}\.\d|[A-Za-z:]|(?<=[A-Za-z:_-]\d))/;
const LETTER_BESIDE_DIGIT = /\d(?:[A-Za-z]|(?<=[A-Za-z_-]\d))/g;
/** What keys and fiscal codes are made of, and how long the shortest is. */
const TOKEN = /[\w+/=.~-]*/y;
const TOKEN_CHARACTERS_MIN = 16;
const IS_OF_TOKEN = Uint8Array.from({ length: 0x80 }, (_, code) =>
  /[\w+/=.~-]/.test(String.fromCharCode(code)) ? 1 : 0,
);
const IBAN_START = /\d(?<=[A-Za-z]{2}\d)\d[ \u00a0-]?[A-Za-z0-9]{3}/;
const DOTTED = /\d\.\d{1,3}\.\d{1,3}\.\d/;
const COLONS = /:[0-9a-fA-F]{0,4}:/;
const DIGITS = /\d(?:[ \u00a0\u202f./()\-\u2010-\u2013]{0,2}\d){5}/;

const FORMS: readonly NumberForm[] = [...CARD_FORMS, ...SSN_FORMS, ...NATIONAL_ID_FORMS, ...PHONE_FORMS];
const NONE: readonly Finding[] = [];

/**
 * What the built-in detectors find in a text, in order of place, without overlap: where two overlap, their union counts
 * as the kind that comes first in `KINDS`. Linear in the text; most texts are done after one fast pass.
 */
export function findPersonalData(text: string): readonly Finding[] {
  if (text.length < CHARACTERS_MIN) return NONE;
  const hasAt = text.includes('@');
  const isSuspect = SUSPECT.test(text);
  const mayHaveKey = hasAt || (text.includes('_') && text.includes('hf_'));
  if (!isSuspect && !mayHaveKey) return NONE;
  const found: readonly Finding[] = [
    ...(hasAt ? of('email', findEmails, text) : NONE),
    ...(mayHaveKey || hasLongToken(text) ? findKeys(text) : NONE),
    ...(isSuspect ? findSuspects(text) : NONE),
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

function findSuspects(text: string): Finding[] {
  return [
    ...(IBAN_START.test(text) ? of('iban', findIbans, text) : NONE),
    ...(DOTTED.test(text) || COLONS.test(text) ? of('ip', findIps, text) : NONE),
    ...(DIGITS.test(text) ? findNumbers(text, FORMS) : NONE),
  ];
}

/** Whether a token with a digit beside a letter is as long as the shortest key. */
function hasLongToken(text: string): boolean {
  LETTER_BESIDE_DIGIT.lastIndex = 0;
  while (LETTER_BESIDE_DIGIT.test(text)) {
    let start = LETTER_BESIDE_DIGIT.lastIndex - 1;
    const startMin = start - TOKEN_CHARACTERS_MIN;
    while (start > startMin && start > 0 && isOfToken(text.charCodeAt(start - 1))) start--;
    TOKEN.lastIndex = start;
    TOKEN.exec(text);
    if (TOKEN.lastIndex - start >= TOKEN_CHARACTERS_MIN) return true;
    LETTER_BESIDE_DIGIT.lastIndex = TOKEN.lastIndex;
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
