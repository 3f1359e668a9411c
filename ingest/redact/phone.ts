import metadata from 'libphonenumber-js/min/metadata';
import { alone, digitsOf, type NumberForm, THING_BEFORE } from './number-form.ts';

type Country = keyof typeof metadata.countries;

/** Countries whose numbers are also seen in their national form. */
const TRUNK_0: readonly Country[] = [
  'DE',
  'GB',
  'FR',
  'NL',
  'BE',
  'CH',
  'AT',
  'IE',
  'IT',
  'SE',
  'FI',
  'AU',
  'NZ',
  'ZA',
  'JP',
  'KR',
  'CN',
  'IN',
  'TR',
  'IL',
];
const NO_TRUNK: readonly Country[] = [
  'US',
  'ES',
  'PT',
  'PL',
  'NO',
  'DK',
  'CZ',
  'GR',
  'BR',
  'MX',
  'IN',
  'CN',
  'SG',
  'HK',
];

/** By the numbering plan of each country: what follows its code, or its trunk prefix. */
const PLANS: ReadonlyMap<string, RegExp> = new Map(
  Object.entries(metadata.countries).map(([country, plan]) => [country, new RegExp(`^(?:${plan[2]})$`)]),
);

const PHONE_BEFORE =
  /(?:phone|mobile|\bcell|\bfax|\bcall|\btel\b|whats ?app|\bsms|text (?:me|us|him|her)|\bdial|\bring\b|hotline|telefon|handy|rufnummer|telefoon|mobiel|teléfono|telefono|móvil|celular|téléphone|portable|telefone|cellulare|llám|appel|ruf|bel me|电话|手机|電話|携帯|전화)[^\d\n]{0,24}$/iu;
/** The same without words that also stand before numbers of other things. */
const SURE_PHONE_BEFORE =
  /(?:phone|mobile|\bcell|\bfax|\btel\b|whats ?app|telefon|handy|rufnummer|telefoon|mobiel|teléfono|telefono|móvil|celular|téléphone|telefone|cellulare|电话|手机|電話|携帯|전화)[^\d\n]{0,16}$/iu;
const DATE = /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})(?!\d)/;

const SEP = String.raw`[ \u00a0\u202f./()\-\u2010-\u2013]`;
/** Nor right behind other digits: "3704 0044 0532" is a part of something longer. */
const NO_DIGITS_BEFORE = String.raw`(?<!\d[ \u00a0\u202f])`;
const BEFORE_PLUS = String.raw`(?<![\d+])`;

/** Telephone numbers in forms that people write, valid by the numbering plan of a country. */
export const PHONE_FORMS: readonly NumberForm[] = [
  {
    // "+1 (415) 555-0134", "tel:+4915112345678"
    kind: 'phone',
    digitsMin: 7,
    pattern: new RegExp(String.raw`${BEFORE_PLUS}\+[1-9](?:${SEP}{0,3}\d){6,14}(?!\w)`, 'g'),
    isReal: (candidate, before) => isInternational(digitsOf(candidate), before),
  },
  {
    // "0049 30 12345678"
    kind: 'phone',
    digitsMin: 9,
    pattern: alone(String.raw`${NO_DIGITS_BEFORE}(?:00[1-9](?:${SEP}{0,2}\d){7,13})`),
    isReal: (candidate, before) =>
      (hasGap(candidate) || PHONE_BEFORE.test(before)) &&
      isInternational(digitsOf(candidate).slice(2), before) &&
      !THING_BEFORE.test(before),
  },
  {
    // "415-555-0134", "(415) 555-0134", "1-800-555-0199"
    kind: 'phone',
    digitsMin: 10,
    pattern:
      /(?<![\w#$€£+]|\d[.:-]|\w[-])(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d([ .-]))[2-9]\d\d[ .-]\d{4}(?!\w|[-.:]\d)/g,
    isReal: (candidate, before) => !isOfThing(before) && isOf('US', digitsOf(candidate).slice(-10)),
  },
  {
    // "020 7946 0958", "0171/1234567", "06 12 34 56 78", "(030) 1234-567"
    kind: 'phone',
    digitsMin: 9,
    pattern: alone(String.raw`${NO_DIGITS_BEFORE}(?:\(?0[1-9]\d{0,4}\)?(?:[ /\-\u00a0\u202f.]\d{2,8}){1,5})`),
    isReal: (candidate, before) =>
      !DATE.test(candidate) && !isOfThing(before) && isNational(digitsOf(candidate), TRUNK_0),
  },
  {
    // "(11) 91234-5678", "8 (495) 123-45-67"
    kind: 'phone',
    digitsMin: 10,
    pattern: alone(
      String.raw`${NO_DIGITS_BEFORE}(?:\(\d{2}\) ?9?\d{4}-\d{4}|8 ?\(\d{3}\) ?\d{3}-\d{2}-\d{2})`,
    ),
    isReal: (candidate, before) =>
      !isOfThing(before) && (isOf('BR', digitsOf(candidate)) || isOf('RU', digitsOf(candidate).slice(1))),
  },
  {
    // "Tel. 612 34 56 78", "phone: 4155550134"
    kind: 'phone',
    digitsMin: 7,
    pattern: alone(String.raw`(?<!\d${SEP}{1,2})(?:\(?\d(?:${SEP}{0,2}\d){6,13})`),
    isReal: (candidate, before) =>
      (hasGap(candidate) ? PHONE_BEFORE : SURE_PHONE_BEFORE).test(before) &&
      !DATE.test(candidate) &&
      (isNational(digitsOf(candidate), TRUNK_0) || NO_TRUNK.some((c) => isOf(c, digitsOf(candidate)))),
  },
];

/** A country's code and a number of its plan; or, behind a word for it, anything as long as one. */
function isInternational(digits: string, before: string): boolean {
  for (let length = 1; length <= 3; length++) {
    const code = digits.slice(0, length);
    const countries = metadata.country_calling_codes[code as keyof typeof metadata.country_calling_codes];
    // "+44 (0)20 …" has the trunk prefix too.
    const national = digits.slice(length);
    if (countries?.some((country) => isOf(country, national) || isOf(country, national.replace(/^0/, ''))))
      return true;
  }
  return digits.length >= 8 && digits.length <= 15 && PHONE_BEFORE.test(before);
}

function isNational(digits: string, countries: readonly Country[]): boolean {
  if (!digits.startsWith('0') || digits.length < 9 || digits.length > 12) return false;
  // Italian numbers keep their 0.
  return countries.some((country) => isOf(country, country === 'IT' ? digits : digits.slice(1)));
}

function isOf(country: string, digits: string): boolean {
  return PLANS.get(country)?.test(digits) ?? false;
}

function isOfThing(before: string): boolean {
  return (
    (THING_BEFORE.test(before) || /(?:\bid|\bno|\bref|number|#)[ .:#=]{0,3}$/i.test(before)) &&
    !PHONE_BEFORE.test(before)
  );
}

function hasGap(candidate: string): boolean {
  return /\D/.test(candidate);
}
