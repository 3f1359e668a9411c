import type { Kind, Stretch } from './kinds.ts';

/** A way of writing a number of a kind. */
export interface NumberForm {
  readonly kind: Kind;
  /** Digits in the shortest number of this form. */
  readonly digitsMin: number;
  /** Global. What stands beside a number is refused by the pattern itself, with `ALONE_BEFORE` and `ALONE_AFTER`. */
  readonly pattern: RegExp;
  /** @param before the `CONTEXT_CHARACTERS` in front of the candidate, at most */
  readonly isReal: (candidate: string, before: string) => boolean;
}

/** Not in a longer word or number, a path, or behind "#" or a currency. */
export const ALONE_BEFORE = String.raw`(?<![\w#/$€£+]|\d[.:]|\w[-\u2010-\u2013])`;
export const ALONE_AFTER = String.raw`(?!\w|[-.:/]\d|[-\u2010-\u2013]\w)`;
/** What stands between groups of digits that belong together. */
export const GAP = String.raw`[ \u00a0\u202f.\-\u2010-\u2013]`;

const CONTEXT_CHARACTERS = 40;
const JOINED_DIGIT = String.raw`[ \u00a0\u202f./()\-\u2010-\u2013]{0,2}\d`;
/** Written out: the engine is three times as fast at it as at a repetition. */
export const FIVE_MORE_DIGITS: string = JOINED_DIGIT.repeat(5);
/** Digits, with at most two signs between two of them: what a number for people is written like. */
const CLUSTER = new RegExp(String.raw`\d${FIVE_MORE_DIGITS}(?:${JOINED_DIGIT})*`, 'g');
/** The commonest of clusters, and nothing that is looked for: dates, decimals, fractions, items of lists, "11 (1234". */
const NOBODYS =
  /^(?:(?:19|20)\d\d([-./])(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?: \d\d)?|\d{1,8}\.\d{1,20}|[1-9]\d{0,5}(?:\/| \(|\. ?)\d{1,6})$/;
/** What may belong to a form and is not a digit: "AB " in front, "C" behind; and a character beside it. */
const MARGIN = 6;

/** A number, and how it is written. */
export interface NumberFound extends Stretch {
  readonly kind: Kind;
}

/** Numbers in any of the forms behind a place, by cluster of digits; they may overlap. Linear in the text. */
export function findNumbers(text: string, from: number, forms: readonly NumberForm[]): NumberFound[] {
  const found: NumberFound[] = [];
  CLUSTER.lastIndex = from;
  for (let match = CLUSTER.exec(text); match; match = CLUSTER.exec(text)) {
    const [cluster] = match;
    if (!NOBODYS.test(cluster))
      findIn(text, { start: match.index, end: CLUSTER.lastIndex }, { forms, found });
  }
  return found;
}

function findIn(
  text: string,
  cluster: Stretch,
  { forms, found }: { forms: readonly NumberForm[]; found: NumberFound[] },
): void {
  const from = Math.max(0, cluster.start - MARGIN);
  const part = text.slice(from, cluster.end + MARGIN);
  const digits = digitsOf(part).length;
  for (const { kind, digitsMin, pattern, isReal } of forms) {
    if (digits < digitsMin) continue;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(part); match; match = pattern.exec(part)) {
      const [candidate] = match;
      const start = from + match.index;
      const before = text.slice(Math.max(0, start - CONTEXT_CHARACTERS), start);
      if (isReal(candidate, before)) found.push({ kind, start, end: start + candidate.length });
      // What is none may hide one that begins at its second group.
      else pattern.lastIndex = match.index + 1;
    }
  }
}

/** The digits alone. */
export function digitsOf(candidate: string): string {
  return candidate.replace(/\D/g, '');
}

/** Digits that are all the same pass many a check. */
export function isOneDigit(digits: string): boolean {
  return digits === (digits[0] ?? '').repeat(digits.length);
}

/** A global pattern of a number that stands alone. */
export function alone(source: string): RegExp {
  return new RegExp(`${ALONE_BEFORE}(?:${source})${ALONE_AFTER}`, 'g');
}

/** "Order no. 4539 …": what follows is a number of a thing. */
export const THING_BEFORE =
  /(?:order|invoice|ticket|case|tracking|serial|part|sku|isbn|issn|ean|upc|doi|commit|build|version|batch|model|item|article|product|bestell\w{0,10}|rechnung\w{0,10}|commande|factura|pedido)[ .:#=]{0,3}(?:no|nr|num|number|id|ref|code|n°|nº)?[ .:#°º=]{0,3}$/i;
