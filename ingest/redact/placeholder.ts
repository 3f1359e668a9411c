import { createHmac } from 'node:crypto';
import { KINDS } from './kinds.ts';

/** What takes the place of a value: `[email:masked]`, `[email:bcdfghjklmnpqrst]`, or of a whole text `[email:dropped]`. */
export const PLACEHOLDERS = /\[[a-z][a-z0-9_]{0,39}:(?:masked|dropped|[bcdfghjklmnpqrst]{16})\]/g;
const OF_KINDS = new RegExp(
  String.raw`\[(?:${KINDS.join('|')}):(?:masked|dropped|[bcdfghjklmnpqrst]{16})\]`,
  'g',
);

/** Sixteen letters for four bits each. No digit: a placeholder must not look like a number to any detector. */
const LETTERS = 'bcdfghjklmnpqrst';
const HASH_BYTES = 8;

/** The place of a value that is gone. */
export function maskOf(kind: string): string {
  return `[${kind}:masked]`;
}

/** The place of a whole text that is gone, since this kind was in it. */
export function droppedFor(kind: string): string {
  return `[${kind}:dropped]`;
}

/**
 * The place of a value, the same for the same value: 64 bits of its HMAC-SHA-256. Case, and what only groups digits, does
 * not count. Without the secret it cannot be found out by trying values.
 */
export function hashOf(kind: string, value: string, secret: string): string {
  const digest = createHmac('sha256', secret)
    .update(`${kind}\0${canonical(kind, value)}`)
    .digest();
  let letters = '';
  for (const byte of digest.subarray(0, HASH_BYTES))
    letters += LETTERS.charAt(byte >> 4) + LETTERS.charAt(byte & 15);
  return `[${kind}:${letters}]`;
}

/** Placeholders of built-in kinds in a text: what was there before. */
export function placeholderCount(text: string): number {
  return text.includes('[') ? (text.match(OF_KINDS)?.length ?? 0) : 0;
}

const VERBATIM: ReadonlySet<string> = new Set(['secret']);
const WORDS: ReadonlySet<string> = new Set(['email', 'ip']);

function canonical(kind: string, value: string): string {
  if (VERBATIM.has(kind) || !(KINDS as readonly string[]).includes(kind)) return value;
  const lower = value.toLowerCase();
  return WORDS.has(kind) ? lower : lower.replace(/[^a-z0-9]/g, '');
}
