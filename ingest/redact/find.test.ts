import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readGolden, scoreOf } from '../../test/support/redaction-score.mjs';
import { passesMod11And10, passesVerhoeff } from './check-digits.ts';
import { findPersonalData, merged } from './find.ts';

const found = (text: string) =>
  findPersonalData(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

describe('on labelled texts', () => {
  it.each([
    ['tune', 0.98, 0.995],
    // Never looked at while the detectors were written: what to expect of them.
    ['final', 0.92, 0.99],
  ] as const)('%s: recall at least %d, precision at least %d', (half, recallMin, precisionMin) => {
    const scores = scoreOf(readGolden(half), findPersonalData);
    for (const [kind, { labelled, found: hits, findings, right }] of Object.entries(scores).sort())
      console.log(`${half} ${kind}: recall ${hits}/${labelled}, precision ${right}/${findings}`);
    const { labelled = 0, found: hits = 0, findings = 0, right = 0 } = scores['all'] ?? {};
    expect(labelled).toBeGreaterThan(300);
    expect(hits / labelled).toBeGreaterThanOrEqual(recallMin);
    expect(right / findings).toBeGreaterThanOrEqual(precisionMin);
  });
});

// Published examples: of the authorities, of Wikipedia's articles on the numbers, of the card networks.
const NATIONAL = {
  'it codice fiscale': 'RSSMRA85T10A562S',
  'fr NIR': '2 55 08 14 168 025 38',
  'es DNI': '12345678Z',
  'es NIE': 'X1234567L',
  'de Steuer-ID': '86 095 742 719',
  'br CPF': '111.444.777-35',
  'cn resident identity': '11010519491231002X',
  'se personnummer': '811228-9874',
  'fi henkilötunnus': '131052-308T',
  'be rijksregisternummer': '85.07.30-033.28',
};
const BEHIND_A_WORD = {
  Aadhaar: '9999 4105 7058',
  NHS: '943 476 5919',
  BSN: '111222333',
  PESEL: '44051401359',
  SIN: '046 454 286',
};

describe('national ids', () => {
  it.each(Object.entries(NATIONAL))('%s', (_, id) => {
    expect(found(`It is ${id}, I think.`)).toEqual([`national_id ${id}`]);
  });

  it.each(Object.entries(BEHIND_A_WORD))('%s only behind its name', (name, id) => {
    expect(found(`My ${name} number is ${id}.`)).toEqual([`national_id ${id}`]);
    expect(found(`The count is ${id}.`)).not.toContain(`national_id ${id}`);
  });

  it.each([...Object.values(NATIONAL).map((id) => ['It', id] as const), ...Object.entries(BEHIND_A_WORD)])(
    '%s %s with any other last digit is none',
    (word, id) => {
      const at = id.search(/\d\D*$/);
      for (let shift = 1; shift <= 9; shift++) {
        const other = `${id.slice(0, at)}${(Number(id[at]) + shift) % 10}${id.slice(at + 1)}`;
        expect(found(`${word} is ${other}.`)).not.toContain(`national_id ${other}`);
      }
    },
  );
});

describe('check digits', () => {
  const DIGITS = fc.stringMatching(/^\d{11}$/);
  it.each([
    ['Verhoeff', passesVerhoeff],
    ['ISO 7064 MOD 11,10', passesMod11And10],
  ] as const)('%s: of the ten last digits, one passes', (_, passes) => {
    fc.assert(
      fc.property(DIGITS, (body) => {
        expect(Array.from('0123456789', (last) => passes(body + last)).filter(Boolean)).toHaveLength(1);
      }),
    );
  });

  it('Verhoeff sees each swap of neighbours', () => {
    const id = '999941057058';
    for (let at = 0; at + 1 < id.length; at++) {
      const swapped = id.slice(0, at) + id[at + 1] + id[at] + id.slice(at + 2);
      expect(passesVerhoeff(swapped)).toBe(swapped === id);
    }
  });
});

describe('findPersonalData', () => {
  it.each([
    [
      'two kinds beside each other',
      'SSN 078-05-1120 415-555-0134',
      ['ssn 078-05-1120', 'phone 415-555-0134'],
    ],
    ['a card before its check value', 'paid 4111 1111 1111 1111 123', ['card 4111 1111 1111 1111']],
    ['a card behind groups that are none', '1112 4111 1111 1111 1111', ['card 4111 1111 1111 1111']],
    ['an IBAN that holds what looks like a phone', 'DE89370400440532013000', ['iban DE89370400440532013000']],
    [
      'an e-mail that holds a number',
      'jane.4111111111111111@example.com',
      ['email jane.4111111111111111@example.com'],
    ],
    ['an address in an address', '::ffff:203.0.113.9', ['ip ::ffff:203.0.113.9']],
    ['private addresses', '10.1.2.3 and 192.168.0.17', ['ip 10.1.2.3', 'ip 192.168.0.17']],
    ['no loopback, no network, no netmask', '127.0.0.1 10.0.0.0/8 255.255.255.0 ::1', []],
    ['a key without digits', `hf_${'abcdefghij'.repeat(3)}abcd`, [`secret hf_${'abcdefghij'.repeat(3)}abcd`]],
    ['a word that begins like a key', 'sk-learn-compatible-estimators-v2', []],
    ['placeholders', '[email:masked] [card:bcdfghjklmnpqrst] [phone:dropped]', []],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it('takes a private key to its end, and one that was cut off as far as it goes', () => {
    const body = 'MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0bu3aumnsk1ao\n'.repeat(3);
    const whole = `-----BEGIN RSA PRIVATE KEY-----\n${body}-----END RSA PRIVATE KEY-----`;
    expect(found(`Here: ${whole}\nThanks.`)).toEqual([`secret ${whole}`]);
    const [first] = findPersonalData(`${whole.slice(0, 100)}, and so on`);
    expect(first).toMatchObject({ kind: 'secret', start: 0 });
    expect(first?.end).toBeGreaterThanOrEqual(100);
  });

  it('returns findings in order, apart and within the text, whatever the text', () => {
    const pieces = fc.constantFrom(
      'a@b.co',
      '+1 415 555 0134',
      '4111 1111 1111 1111',
      '203.0.113.9',
      '::1',
      ' ',
      '-',
      '.',
      '1',
      'x',
      '@',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        let at = 0;
        for (const { start, end } of findPersonalData(text)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 300 },
    );
  });

  it('is linear in the text, whatever the text is made of', () => {
    const signs = fc.constantFrom(
      ...[
        '1',
        ' ',
        '-',
        '.',
        ':',
        '(',
        '/',
        '@',
        'a',
        'A',
        'sk-',
        'eyJ',
        '_',
        '=',
        '+',
        '\u00a0',
        'GB29',
        'tel ',
        '-----BEGIN PRIVATE KEY-----',
        'api_key=',
      ],
    );
    fc.assert(
      fc.property(fc.array(signs, { minLength: 1, maxLength: 6 }), (parts) => {
        const part = parts.join('');
        const text = part.repeat(Math.ceil((1 << 18) / part.length));
        const start = performance.now();
        findPersonalData(text);
        // 0.3 s for a mebibyte at worst on a quiet machine; a quadratic step would take minutes.
        expect(performance.now() - start).toBeLessThan(3_000);
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

describe('merged', () => {
  it("makes one of two that overlap, of the kind that comes first; patterns of one's own before all", () => {
    const card = { kind: 'card', start: 4, end: 20 };
    const phone = { kind: 'phone', start: 10, end: 24 };
    expect(merged([phone, card])).toEqual([{ kind: 'card', start: 4, end: 24 }]);
    expect(merged([card, { kind: 'mine', start: 0, end: 5 }])).toEqual([{ kind: 'mine', start: 0, end: 20 }]);
    expect(merged([phone, { kind: 'ip', start: 24, end: 30 }])).toHaveLength(2);
  });
});
