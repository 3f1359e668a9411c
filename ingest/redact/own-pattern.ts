import { AppError } from '../../core/errors.ts';
import type { Finding } from './kinds.ts';
import { PLACEHOLDERS } from './placeholder.ts';

/** A pattern of one's own, as plain data. */
export interface OwnPattern {
  readonly name: string;
  readonly source: string;
  readonly flags: string;
}

/** Looks for the patterns in a text. */
export type FindOwn = (text: string) => Finding[];

/** A pattern that passed the check needs milliseconds for the largest record; this is for one that should not have. */
const SEARCH_MS_MAX = 1_000;
/** Matches between two looks at the clock. */
const CLOCK_MATCHES = 256;

/**
 * Compiles patterns that were checked when the settings were read. Empty matches, and matches that touch a placeholder, do
 * not count.
 *
 * The function throws AppError `invalid_input` when a pattern takes longer than a second; its message names the pattern and
 * holds nothing of the text.
 */
export function createFindOwn(patterns: readonly OwnPattern[], nowMs: () => number): FindOwn {
  const compiled = patterns.map(({ name, source, flags }) => ({
    kind: name,
    pattern: new RegExp(source, `${flags}g`),
  }));
  return (text) => {
    const found = compiled.flatMap((one) => matchesOf(text, one, nowMs));
    return found.length > 0 && text.includes('[') ? outside(found, placeholdersIn(text)) : found;
  };
}

function matchesOf(
  text: string,
  { kind, pattern }: { kind: string; pattern: RegExp },
  nowMs: () => number,
): Finding[] {
  const found: Finding[] = [];
  const endMs = nowMs() + SEARCH_MS_MAX;
  let matches = 0;
  for (const { 0: value, index } of text.matchAll(pattern)) {
    if (value !== '') found.push({ kind, start: index, end: index + value.length });
    if (++matches % CLOCK_MATCHES === 0) stopAfter(endMs, nowMs(), kind);
  }
  stopAfter(endMs, nowMs(), kind);
  return found;
}

function stopAfter(endMs: number, nowMs: number, name: string): void {
  if (nowMs > endMs)
    throw new AppError('invalid_input', `the pattern "${name}" took longer than ${SEARCH_MS_MAX} ms`);
}

function placeholdersIn(text: string): Finding[] {
  return Array.from(text.matchAll(PLACEHOLDERS), ({ 0: all, index }) => ({
    kind: '',
    start: index,
    end: index + all.length,
  }));
}

/** Those that touch none of the stretches, which are in order. */
function outside(found: readonly Finding[], stretches: readonly Finding[]): Finding[] {
  const sorted = [...found].sort((a, b) => a.start - b.start);
  let next = 0;
  return sorted.filter(({ start, end }) => {
    while (next < stretches.length && (stretches[next]?.end ?? 0) <= start) next++;
    return end <= (stretches[next]?.start ?? Number.POSITIVE_INFINITY);
  });
}
