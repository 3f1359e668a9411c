import { passesLuhn } from './check-digits.ts';
import { alone, digitsOf, GAP, isOneDigit, type NumberForm, THING_BEFORE } from './number-form.ts';

/** First digits and lengths of the issuers: ISO/IEC 7812 ranges in use. */
const ISSUERS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  /* Visa */ [/^4/, [13, 16, 19]],
  /* Mastercard */ [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  /* American Express */ [/^3[47]/, [15]],
  /* Discover, UnionPay, RuPay */ [/^(?:6011|62|64[4-9]|65|81|82)/, [16, 17, 18, 19]],
  /* JCB */ [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  /* Diners */ [/^(?:30[0-5]|309|36|38|39)/, [14, 16, 19]],
  /* Maestro */ [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [12, 13, 14, 15, 16, 17, 18, 19]],
  /* Mir */ [/^220[0-4]/, [16]],
];
const CARD_BEFORE = /card|visa|master|amex|american express|credit|debit|karte|tarjeta|carte|cartão|carta/i;

function isCardNumber(digits: string): boolean {
  const isIssued = ISSUERS.some(
    ([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits),
  );
  return isIssued && !isOneDigit(digits) && passesLuhn(digits);
}

/** Payment card numbers (PAN): the issuer's first digits and length, and Luhn; one in ten numbers of things passes that. */
export const CARD_FORMS: readonly NumberForm[] = [
  {
    kind: 'card',
    digitsMin: 16,
    pattern: alone(String.raw`\d{4}(${GAP}{1,2})\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?`),
    isReal: (candidate) => isCardNumber(digitsOf(candidate)),
  },
  {
    // The same without what may be the three digits of a check value behind it.
    kind: 'card',
    digitsMin: 16,
    pattern: alone(String.raw`\d{4}(${GAP}{1,2})\d{4}\1\d{4}\1\d{4}`),
    isReal: (candidate) => isCardNumber(digitsOf(candidate)),
  },
  {
    kind: 'card',
    digitsMin: 14,
    pattern: alone(String.raw`\d{4}(${GAP})\d{6}\1\d{4,5}`),
    isReal: (candidate) => isCardNumber(digitsOf(candidate)),
  },
  {
    kind: 'card',
    digitsMin: 12,
    pattern: alone(String.raw`\d{12,19}`),
    isReal: (candidate, before) =>
      isCardNumber(candidate) && (!THING_BEFORE.test(before) || CARD_BEFORE.test(before)),
  },
];
