import type { Stretch } from './kinds.ts';

/** Letters for the name, year, letter for the month, day, place, check letter. */
const CODE = /(?<![A-Za-z0-9])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9])/gi;
/** What a character counts at an odd place, counted from 1: first those of 0–9, which A–J share, then of K–Z. */
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** Italian fiscal codes whose check letter is right. */
export function findFiscalCodes(text: string): Stretch[] {
  const found: Stretch[] = [];
  for (const { 0: code, index } of text.matchAll(CODE))
    if (hasCheckLetter(code.toUpperCase())) found.push({ start: index, end: index + code.length });
  return found;
}

function hasCheckLetter(code: string): boolean {
  let sum = 0;
  for (let index = 0; index < code.length - 1; index++) {
    const value = Number.parseInt(code[index] ?? '', 36);
    const plain = value < 10 ? value : value - 10;
    sum += index % 2 === 0 ? (ODD[plain] ?? 0) : plain;
  }
  return String.fromCharCode(65 + (sum % 26)) === code.at(-1);
}
