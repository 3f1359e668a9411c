import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ApiKey, isSecretOf, newKeyText, parseKeyText, secretSha256 } from './api-key.ts';

const keyOf = (secret: string): ApiKey => ({
  id: 'abcdefghijkl',
  secretSha256: secretSha256(secret),
  project: 'p',
  scopes: ['read'],
  name: '',
  createdAt: new Date(0),
  revokedAt: null,
  limits: { requestsPerSecond: null, bytesPerSecond: null, bodyBytesMax: null },
});

describe('the text of a key', () => {
  it('gives back its parts, and has a form that a scanner can look for', () => {
    const { id, secret, text } = newKeyText();
    expect(parseKeyText(text)).toEqual({ ok: true, id, secret });
    expect(text).toMatch(/^plb_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/);
  });

  // The checksum is CRC-32 (zlib) of what stands before it, in base 62: worked out apart, in Python.
  it.each([
    ['plb_000000000000_0000000000000000000000000000000000000000000', '3VIftR'],
    ['plb_abcdefghijkl_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq', '3myio4'],
  ])('%s ends with its checksum', (body, checksum) => {
    expect(parseKeyText(`${body}${checksum}`)).toMatchObject({ ok: true });
    expect(parseKeyText(`${body}000000`)).toEqual({ ok: false, reason: 'checksum' });
  });

  it('tells a typo from another text', () => {
    const { text } = newKeyText();
    fc.assert(
      fc.property(fc.integer({ min: 4, max: text.length - 1 }), fc.constantFrom(...'0aZ'), (at, letter) => {
        fc.pre(at !== 16 && text[at] !== letter);
        const typo = `${text.slice(0, at)}${letter}${text.slice(at + 1)}`;
        expect(parseKeyText(typo)).toEqual({ ok: false, reason: 'checksum' });
      }),
    );
    for (const other of [
      '',
      'plb_',
      text.slice(1),
      `${text}0`,
      ` ${text}`,
      `${text}\n`,
      text.replace('_', '-'),
    ])
      expect(parseKeyText(other)).toEqual({ ok: false, reason: 'form' });
  });

  it('uses every letter about equally often, and never repeats', () => {
    const secrets = Array.from({ length: 2_000 }, () => newKeyText().secret);
    expect(new Set(secrets).size).toBe(secrets.length);
    const counts = new Map<string, number>();
    for (const letter of secrets.join('')) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    const mean = (2_000 * 43) / 62;
    for (const count of counts.values()) expect(Math.abs(count - mean)).toBeLessThan(6 * Math.sqrt(mean));
  });
});

describe('a secret', () => {
  it('is stored as its SHA-256', () => {
    expect(secretSha256('abc')).toBe(createHash('sha256').update('abc').digest('hex'));
  });

  it('is that of its key and of no other, and of no key at all', () => {
    expect(isSecretOf('one', keyOf('one'))).toBe(true);
    expect(isSecretOf('two', keyOf('one'))).toBe(false);
    expect(isSecretOf('one', undefined)).toBe(false);
    expect(isSecretOf('', { ...keyOf('one'), secretSha256: '' })).toBe(false);
  });
});
