import { passesLuhn, passesMod11And10, passesVerhoeff, weightedSum } from './check-digits.ts';
import { alone, digitsOf, isOneDigit, type NumberForm } from './number-form.ts';

/** What stands in front of a number whose check digit alone is too weak: one in ten or eleven numbers passes it. */
const WORDS = {
  ssn: /social security|\bssn\b|\bss#|sozialversicherung/i,
  nhs: /\bnhs\b/i,
  nino: /national insurance|\bni (?:no|number)|\bnino\b/i,
  steuer: /steuer|\bidnr\b|\btin\b|tax/i,
  bsn: /\bbsn\b|burgerservice|sofi/i,
  cpf: /\bcpf\b/i,
  aadhaar: /aadhaa?r|\buid(?:ai)?\b|आधार/i,
  pesel: /pesel/i,
  sin: /social insurance|\bsin\b|assurance sociale|\bnas\b/i,
} as const;

const SSN = /^(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}$/;
const SPANISH_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
const CHINESE_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const PESEL_WEIGHTS = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];
const NHS_WEIGHTS = [10, 9, 8, 7, 6, 5, 4, 3, 2];
const BSN_WEIGHTS = [9, 8, 7, 6, 5, 4, 3, 2, -1];

/** United States: no check digit, but areas, groups and serials that are never given (SSA). */
export const SSN_FORMS: readonly NumberForm[] = [
  {
    kind: 'ssn',
    digitsMin: 9,
    pattern: alone(String.raw`\d{3}([-\u2010-\u2013])\d{2}\1\d{4}`),
    isReal: (text) => SSN.test(digitsOf(text)),
  },
  {
    kind: 'ssn',
    digitsMin: 9,
    pattern: alone(String.raw`\d{3} \d{2} \d{4}|\d{9}`),
    isReal: (text, before) => WORDS.ssn.test(before) && SSN.test(digitsOf(text)),
  },
];

const id = (digitsMin: number, source: string, isReal: NumberForm['isReal']): NumberForm => ({
  kind: 'national_id',
  digitsMin,
  pattern: alone(source),
  isReal,
});

/** National numbers with check digits. Those whose check is weak only behind a word for them, or in their own grouping. */
export const NATIONAL_ID_FORMS: readonly NumberForm[] = [
  // China, resident identity: date of birth, ISO 7064 MOD 11-2.
  id(17, String.raw`[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]`, isChinese),
  // France, NIR: sex, year, month, then a key of 97 less the remainder.
  id(
    13,
    String.raw`[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-4]\d|5[0-9]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}`,
    isFrench,
  ),
  // Brazil, CPF: two check digits; its own grouping, or behind its name.
  id(11, String.raw`\d{3}\.\d{3}\.\d{3}-\d{2}`, isCpf),
  id(11, String.raw`\d{11}`, (text, before) => WORDS.cpf.test(before) && isCpf(text)),
  // Spain, DNI and NIE.
  id(7, String.raw`(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]|\d{2}\.\d{3}\.\d{3}-?[A-Z]`, isSpanish),
  // Sweden, personnummer, and Finland, henkilötunnus: a date first.
  id(10, String.raw`(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}`, (text) =>
    passesLuhn(digitsOf(text).slice(-10)),
  ),
  id(9, String.raw`(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+A-F]\d{3}[0-9A-Y]`, isFinnish),
  // Belgium: year, month, day, serial, 97 less the remainder.
  id(11, String.raw`\d{2}\.(?:0[1-9]|1[0-2])\.(?:0[1-9]|[12]\d|3[01])-\d{3}\.\d{2}`, isBelgian),
  // India, Aadhaar.
  id(
    12,
    String.raw`[2-9]\d{3}([ -]?)\d{4}\1\d{4}`,
    (text, before) => WORDS.aadhaar.test(before) && passesVerhoeff(digitsOf(text)),
  ),
  // Germany, Steuer-Identifikationsnummer: one digit twice or thrice among the first ten.
  id(11, String.raw`[1-9]\d ?\d{3} ?\d{3} ?\d{3}`, (text, before) => isGerman(text, before)),
  // United Kingdom: NHS number, and National Insurance number, which has no check digit but a form of its own.
  id(
    10,
    String.raw`\d{3}[ -]?\d{3}[ -]?\d{4}`,
    (text, before) => WORDS.nhs.test(before) && isNhs(digitsOf(text)),
  ),
  id(
    6,
    String.raw`(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]`,
    isNino,
  ),
  // Netherlands, Poland, Canada.
  id(
    9,
    String.raw`\d{9}|\d{4}[. ]\d{2}[. ]\d{3}`,
    (text, before) => WORDS.bsn.test(before) && weightedSum(digitsOf(text), BSN_WEIGHTS) % 11 === 0,
  ),
  id(
    11,
    String.raw`\d{2}[0-3]\d[0-3]\d{6}`,
    (text, before) => WORDS.pesel.test(before) && weightedSum(text, PESEL_WEIGHTS) % 10 === 0,
  ),
  id(
    9,
    String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`,
    (text, before) => WORDS.sin.test(before) && passesLuhn(digitsOf(text)),
  ),
];

function isChinese(text: string): boolean {
  return '10X98765432'[weightedSum(text, CHINESE_WEIGHTS) % 11] === text.at(-1)?.toUpperCase();
}

function isFrench(text: string): boolean {
  const compact = text.replaceAll(' ', '');
  const number = Number(compact.slice(0, 13).replace('2A', '19').replace('2B', '18'));
  return 97 - (number % 97) === Number(compact.slice(13));
}

function isCpf(text: string): boolean {
  const digits = digitsOf(text);
  const checkOf = (count: number): number => {
    const weights = Array.from({ length: count }, (_, index) => count + 1 - index);
    return ((weightedSum(digits, weights) * 10) % 11) % 10;
  };
  return !isOneDigit(digits) && checkOf(9) === Number(digits[9]) && checkOf(10) === Number(digits[10]);
}

function isSpanish(text: string): boolean {
  const number = Number(
    text
      .slice(0, -1)
      .replace(/[.-]/g, '')
      .replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))),
  );
  return SPANISH_LETTERS[number % 23] === text.at(-1);
}

function isFinnish(text: string): boolean {
  const number = Number(text.slice(0, 6) + text.slice(7, 10));
  return '0123456789ABCDEFHJKLMNPRSTUVWXY'[number % 31] === text.at(-1);
}

/** Those born from 2000 on count with a 2 in front. */
function isBelgian(text: string): boolean {
  const digits = digitsOf(text);
  const check = Number(digits.slice(9));
  return [digits.slice(0, 9), `2${digits.slice(0, 9)}`].some(
    (number) => 97 - (Number(number) % 97) === check,
  );
}

function isGerman(text: string, before: string): boolean {
  const isWritten = WORDS.steuer.test(before) || /^\d{2} \d{3} \d{3} \d{3}$/.test(text);
  const digits = digitsOf(text);
  const counts = Array.from('0123456789', (digit) => digits.slice(0, 10).split(digit).length - 1);
  const repeated = counts.filter((count) => count > 1);
  return isWritten && repeated.length === 1 && Number(repeated[0]) <= 3 && passesMod11And10(digits);
}

function isNhs(digits: string): boolean {
  return (11 - (weightedSum(digits, NHS_WEIGHTS) % 11)) % 11 === Number(digits[9]);
}

function isNino(text: string, before: string): boolean {
  return /^\w\w \d\d \d\d \d\d \w$/.test(text) || WORDS.nino.test(before);
}
