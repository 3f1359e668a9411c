import { isIPv6 } from 'node:net';
import { isIban, passesLuhn } from './checksums.ts';
import { SCANNED_CHARACTERS_MAX, type TextScan } from './text-scan.ts';

const EMAIL_LOCAL_MAX = 64;
const EMAIL =
  /^[\p{L}\p{N}._%+'-]*[\p{L}\p{N}_%+-]@[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.){1,8}\p{L}{2,24}(?![\p{L}\p{N}])/u;
const EMAIL_CHARACTERS = 400;

const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])/g;
/** Digits with single separators, as numbers for people are written. Every step takes a character: linear. */
const NUMBER = /(?<![\w.,:/#-])[+(]?\d(?:[ ./()-]{0,2}\d){8,18}(?![\w]|[-.,:/]\d)/g;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
const IPV4_NEAR = /(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)/g;
/** Loopback, "any" and broadcast are nobody's address. */
const IPV4_NOBODY = /^(?:127\.|0\.|255\.)/;
const IPV6 = /(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,8}(?![\w:])/g;
/** "version 1.2.3.4", "v 10.0.0.1", "build 4.5.6.7" before a number: not an address. */
const VERSION_BEFORE = /(?:\bv|\bver|version|release|build|firmware|section|chapter|§)[ .:#]{0,2}$/i;
const ORDER_BEFORE =
  /(?:order|invoice|ticket|case|ref|reference|tracking|serial|part|sku|isbn|id|no|number|#)[ .:#]{0,3}$/i;
const BEFORE_CHARACTERS = 16;

const SSN = /^(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}$/;
const CARD = /^(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{5})$/;
/** First digits of Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay, Maestro. */
const CARD_ISSUER = /^(?:4|5[0-9]|2[2-7]|3[0-9]|6)/;
const DATE = /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?!\d)/;
const PHONE_INTERNATIONAL = /^(?:\+|00)[1-9][\d ./()-]{6,20}$/;
const PHONE_NORTH_AMERICA = /^(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}$/;
/** A trunk 0, then at least two groups: "030 1234567", "0171/1234567", "06 12 34 56 78", "(020) 7946 0958". */
const PHONE_NATIONAL = /^\(?0[1-9]\d{0,4}\)?(?:[ /-]\d{2,8}){1,5}$/;

/** Fewer digits make no phone, card or social security number. */
const NUMBER_DIGITS_MIN = 9;

/** Where the scan saw nothing of a kind, nothing is looked for. */
export type PiiHints = Pick<
  TextScan,
  'ats' | 'colons' | 'digits' | 'digitRunMax' | 'dottedNumbers' | 'ibanStarts'
>;

/**
 * Number of personal data items in a text: e-mail addresses, phone and card numbers (Luhn), IBANs (mod 97), US
 * social security numbers and IP addresses. UUIDs, versions, order numbers, dates and plain numbers are not
 * counted; a phone number is only seen in a form written for people. Repeats count each time. Linear in the
 * length; looks for a kind only where the scan saw its signs.
 */
export function piiCount(scan: PiiHints, text: string): number {
  const hasIpv6 = scan.colons >= 2 && scan.digits > 0;
  const hasNumbers = scan.digitRunMax >= NUMBER_DIGITS_MIN;
  if (scan.ats + scan.dottedNumbers + scan.ibanStarts === 0 && !hasIpv6 && !hasNumbers) return 0;
  const read = text.length > SCANNED_CHARACTERS_MAX ? text.slice(0, SCANNED_CHARACTERS_MAX) : text;
  let count = scan.ats > 0 ? emails(read) : 0;
  if (hasIpv6) count += ipv6(read);
  if (scan.dottedNumbers > 0) count += ipv4(read);
  const ibans = scan.ibanStarts > 0 ? ibanSpans(read) : [];
  return count + ibans.length + (hasNumbers ? numbers(read, ibans) : 0);
}

function emails(text: string): number {
  let count = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < EMAIL_LOCAL_MAX && isLocalPart(text.charCodeAt(start - 1))) start--;
    if (start < at && EMAIL.test(text.slice(start, at + EMAIL_CHARACTERS))) count++;
  }
  return count;
}

/** Anything but spaces, brackets, quotes, signs that end a word, and another "@". */
function isLocalPart(code: number): boolean {
  return code > 0x20 && !'@<>()[]{}"`,;:/\\|=&?!*'.includes(String.fromCharCode(code)) && code !== 0xa0;
}

function ipv6(text: string): number {
  let count = 0;
  for (const [candidate] of text.matchAll(IPV6)) {
    const groups = candidate.split(':').filter((group) => group !== '');
    if (groups.length >= 3 && /\d/.test(candidate) && isIPv6(candidate)) count++;
  }
  return count;
}

function ipv4(text: string): number {
  let count = 0;
  for (const match of text.matchAll(IPV4_NEAR)) {
    const isAddress = IPV4.test(match[0]) && !IPV4_NOBODY.test(match[0]);
    if (isAddress && !VERSION_BEFORE.test(before(text, match.index))) count++;
  }
  return count;
}

function ibanSpans(text: string): (readonly [start: number, end: number])[] {
  const spans: (readonly [number, number])[] = [];
  for (const match of text.matchAll(IBAN)) {
    const length = ibanLength(match[0]);
    if (length > 0) spans.push([match.index, match.index + length]);
  }
  return spans;
}

/** Length of the IBAN that the candidate starts with (words in capitals may follow it), 0 when it is none. */
function ibanLength(candidate: string): number {
  for (let end = candidate.length; end >= 15; end--) {
    const next = candidate[end];
    if (next !== undefined && next !== ' ') continue;
    if (isIban(candidate.slice(0, end).replaceAll(' ', ''))) return end;
  }
  return 0;
}

/** Social security, card and phone numbers. */
function numbers(text: string, ibans: readonly (readonly [start: number, end: number])[]): number {
  let [count, next] = [0, 0];
  for (const match of text.matchAll(NUMBER)) {
    // Both are in order of position: one walk over each.
    while (next < ibans.length && (ibans[next]?.[1] ?? 0) <= match.index) next++;
    const isInIban = match.index >= (ibans[next]?.[0] ?? Number.POSITIVE_INFINITY);
    if (!isInIban && isPersonalNumber(match[0], before(text, match.index))) count++;
  }
  return count;
}

function isPersonalNumber(candidate: string, preceding: string): boolean {
  if (SSN.test(candidate) || isCard(candidate)) return true;
  if (DATE.test(candidate)) return false;
  if (PHONE_INTERNATIONAL.test(candidate) && candidate.startsWith('+')) return isPhoneLength(candidate);
  if (ORDER_BEFORE.test(preceding) && !/(?:phone|mobile|cell|fax|call|tel)/i.test(preceding)) return false;
  if (PHONE_NORTH_AMERICA.test(candidate)) return true;
  const isNational = PHONE_NATIONAL.test(candidate) || PHONE_INTERNATIONAL.test(candidate);
  return isNational && /[ /()-]/.test(candidate) && isPhoneLength(candidate);
}

function isCard(candidate: string): boolean {
  if (!CARD.test(candidate)) return false;
  const digits = candidate.replace(/\D/g, '');
  const isOneDigit = digits === (digits[0] ?? '').repeat(digits.length);
  return digits.length <= 19 && !isOneDigit && CARD_ISSUER.test(digits) && passesLuhn(digits);
}

/** E.164 allows 15 digits; below 9 a national number is more likely something else. */
function isPhoneLength(candidate: string): boolean {
  const digits = candidate.replace(/\D/g, '').length;
  return digits >= 9 && digits <= 15;
}

function before(text: string, index: number): string {
  return text.slice(Math.max(0, index - BEFORE_CHARACTERS), index);
}
