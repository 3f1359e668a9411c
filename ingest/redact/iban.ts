import { isIban } from './check-digits.ts';
import type { Stretch } from './kinds.ts';

const IBAN = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}(?![A-Za-z0-9])/gi;
const LENGTH_MIN = 15;

/** IBANs: of a country's length, with the remainder 1 mod 97; compact, or in groups with single spaces or hyphens. */
export function findIbans(text: string): Stretch[] {
  const found: Stretch[] = [];
  for (const { 0: candidate, index } of text.matchAll(IBAN)) {
    const length = ibanLength(candidate);
    if (length > 0) found.push({ start: index, end: index + length });
  }
  return found;
}

/** Length of the IBAN that the candidate starts with (words may follow it), 0 when it is none. */
function ibanLength(candidate: string): number {
  for (let end = candidate.length; end >= LENGTH_MIN; end--) {
    const next = candidate[end];
    if (next !== undefined && /[A-Z0-9]/i.test(next)) continue;
    if (
      isIban(
        candidate
          .slice(0, end)
          .replace(/[^A-Z0-9]/gi, '')
          .toUpperCase(),
      )
    )
      return end;
  }
  return 0;
}
