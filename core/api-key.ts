import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const KEY_SCOPES = ['write', 'read'] as const;

export type KeyScope = (typeof KEY_SCOPES)[number];

/** Of one key, in one process; null: what the settings say for all keys. */
export interface KeyLimits {
  readonly requestsPerSecond: number | null;
  /** After decompression. */
  readonly bytesPerSecond: number | null;
  /** Of one body, after decompression; the setting for all bodies holds as well. */
  readonly bodyBytesMax: number | null;
}

/** What is known of a key; its secret is known to nobody but its holder. */
export interface ApiKey {
  /** Public: it stands in the key's text, in lists and in the audit log. */
  readonly id: string;
  /** SHA-256 of the secret, in hexadecimal digits. */
  readonly secretSha256: string;
  /** The only project it reaches, or `*` for all. */
  readonly project: string;
  readonly scopes: readonly KeyScope[];
  readonly name: string;
  readonly createdAt: Date;
  /** For ever: a revoked key does not come back. */
  readonly revokedAt: Date | null;
  readonly limits: KeyLimits;
}

/** Project of a key that reaches all of them. */
export const ALL_PROJECTS = '*';

export type ParsedKeyText =
  | { readonly ok: true; readonly id: string; readonly secret: string }
  | { readonly ok: false; readonly reason: 'form' | 'checksum' };

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LETTERS = 12;
/** 62^43 is a little above 2^256. */
const SECRET_LETTERS = 43;
/** 62^6 is above 2^32. */
const CHECKSUM_LETTERS = 6;
/** What a scanner for secrets looks for; the last six letters are a checksum of all before them. */
const KEY_TEXT = /^plb_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** A new key: its public id, its secret, and the text that its holder is given, `plb_<id>_<secret><checksum>`. */
export function newKeyText(): { readonly id: string; readonly secret: string; readonly text: string } {
  const [id, secret] = [randomLetters(ID_LETTERS), randomLetters(SECRET_LETTERS)];
  const body = `plb_${id}_${secret}`;
  return { id, secret, text: `${body}${checksumOf(body)}` };
}

/** The parts of a key's text. A typo fails its checksum, so that it can be told from a key that is not known. */
export function parseKeyText(text: string): ParsedKeyText {
  const [, id, secret, checksum] = KEY_TEXT.exec(text) ?? [];
  if (id === undefined || secret === undefined) return { ok: false, reason: 'form' };
  return checksumOf(`plb_${id}_${secret}`) === checksum
    ? { ok: true, id, secret }
    : { ok: false, reason: 'checksum' };
}

/**
 * What is stored of a secret. A slow hash (bcrypt, argon2) protects words that people choose; of 256 random bits nobody
 * can try a share that matters, and a slow hash would cost its time at every request.
 */
export function secretSha256(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compared when no key has the id, so that an unknown id takes as long as a wrong secret. */
const NOBODY = randomBytes(32).toString('hex');

/** Whether the secret is that of the key; never for no key. Takes the same time whatever the answer. */
export function isSecretOf(secret: string, key: ApiKey | undefined): boolean {
  const given = Buffer.from(secretSha256(secret), 'hex');
  const known = Buffer.from(key?.secretSha256 ?? NOBODY, 'hex');
  return known.length === given.length && timingSafeEqual(given, known) && key !== undefined;
}

function randomLetters(count: number): string {
  return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let letters = '';
  for (let place = 0; place < CHECKSUM_LETTERS; place++) {
    letters = `${LETTERS[rest % LETTERS.length]}${letters}`;
    rest = Math.floor(rest / LETTERS.length);
  }
  return letters;
}
