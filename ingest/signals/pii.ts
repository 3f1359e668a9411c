import { personalDataCount } from '../redact/find.ts';
import { SCANNED_CHARACTERS_MAX } from './text-scan.ts';

/**
 * Number of personal data items in a text: what `ingest/redact` finds, and what it has replaced before, so that a text
 * has the same number whether or not it was redacted on its way. Repeats count each time.
 */
export function piiCount(text: string): number {
  return personalDataCount(
    text.length > SCANNED_CHARACTERS_MAX ? text.slice(0, SCANNED_CHARACTERS_MAX) : text,
  );
}
