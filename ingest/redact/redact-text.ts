import { AppError } from '../../core/errors.ts';
import { findPersonalData, merged } from './find.ts';
import type { Finding } from './kinds.ts';
import type { FindOwn } from './own-pattern.ts';
import { droppedFor, hashOf, maskOf } from './placeholder.ts';
import type { Action } from './policy.ts';

/** How a text is redacted. */
export interface TextPolicy {
  /** Null where there are no patterns. */
  readonly findOwn: FindOwn | null;
  readonly key: string;
  actionFor(kind: string): Action;
}

/** What a text is for: an identifier stays distinguishable, so what would be masked is hashed. */
export interface TextUse {
  readonly isIdentifier: boolean;
  /** Longest text that the record may have here, in UTF-16 units; what gets longer is dropped. */
  readonly charactersMax: number;
}

/** A replacement may bring together what was apart; texts made for that are refused. */
const PASSES_MAX = 8;

/**
 * The text with what was found in it replaced; the same text when there was nothing. Done again it changes nothing: it is
 * repeated until nothing is found.
 *
 * @throws AppError `invalid_input` when an own pattern takes too long, or the text does not come to rest
 */
export function redactText(text: string, policy: TextPolicy, use: TextUse): string {
  let current = text;
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const next = redactOnce(current, policy, use);
    if (next === current) return current;
    current = next;
  }
  throw new AppError('invalid_input', `replacing went on after ${PASSES_MAX} passes`);
}

function redactOnce(text: string, { findOwn, key, actionFor }: TextPolicy, use: TextUse): string {
  const builtIn = findPersonalData(text);
  const own = findOwn?.(text) ?? [];
  const found = own.length === 0 ? builtIn : merged([...own, ...builtIn]);
  if (found.length === 0) return text;
  let result = '';
  let at = 0;
  for (const finding of found) {
    const { kind, start, end } = finding;
    const action = actionFor(kind);
    if (action === 'keep') continue;
    if (action === 'drop') return droppedFor(kind);
    const isHashed = action === 'hash' || use.isIdentifier;
    result += text.slice(at, start) + (isHashed ? hashOf(kind, text.slice(start, end), key) : maskOf(kind));
    at = end;
  }
  if (at === 0) return text;
  result += text.slice(at);
  return result.length > use.charactersMax ? droppedFor(firstGone(found, actionFor)) : result;
}

function firstGone(found: readonly Finding[], actionFor: (kind: string) => Action): string {
  return found.find(({ kind }) => actionFor(kind) !== 'keep')?.kind ?? '';
}
