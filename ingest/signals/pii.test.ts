import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isIban, passesLuhn } from '../redact/check-digits.ts';
import { piiCount } from './pii.ts';

const count = piiCount;

describe('piiCount', () => {
  it.each([
    ['e-mail', 'Write to jane.doe+news@mail.example.co.uk, please.', 1],
    ['two e-mails in brackets', '<a@example.com>, (b_c@example.org).', 2],
    ['e-mail with a sentence end', 'It is max@exämple.de.', 1],
    ['North American phone', 'Call 415-555-0134 or (212) 555-0178.', 2],
    ['phone with a country code', 'My number: +1 (415) 555-0134', 1],
    ['E.164', 'tel +4915112345678', 1],
    ['UK, German, French phones', '020 7946 0958; 0171/1234567; 06 12 34 56 78', 3],
    ['00 prefix', 'Dial 0049 30 12345678.', 1],
    ['Visa, with spaces', '4111 1111 1111 1111', 1],
    ['Mastercard without', 'card 5555555555554444 exp 12/27', 1],
    ['American Express', '3782-822463-10005', 1],
    ['IBAN with spaces', 'Pay to DE89 3704 0044 0532 0130 00 today', 1],
    ['IBAN compact', 'GB82WEST12345698765432', 1],
    ['IBAN before capitals', 'IBAN FR14 2004 1010 0505 0001 3M02 606 BIC ABC', 1],
    ['social security', 'SSN 536-90-4399.', 1],
    ['IPv4', 'from 203.0.113.42, port 80', 1],
    ['IPv6', 'host 2001:db8:85a3::8a2e:370:7334 answered', 1],
  ])('finds: %s', (_, text, expected) => {
    expect(count(text)).toBe(expected);
  });

  it.each([
    ['plain prose', 'Seventeen thousand is not a prime number.'],
    ['uuid', '550e8400-e29b-41d4-a716-446655440000'],
    ['uuid of digits', '12345678-1234-4123-8123-123456789012'],
    ['version', 'Upgrade to version 10.2.3.4 or v1.2.3.4'],
    ['four parts out of range', '999.10.20.30 and 1.2.3.4.5'],
    ['order number', 'Your order 2024-000123-9981 has shipped; order #415-555-0134'],
    ['dates', '2024-01-02, 01.02.2024, 2024-01-02 10:30:45 and 12/31/1999'],
    ['times and ranges', 'from 10:30:45 to 11:45:00, pages 1234-5678'],
    ['a card number with a wrong digit', '4111 1111 1111 1112'],
    ['an IBAN with a wrong digit', 'DE89 3704 0044 0532 0130 01'],
    ['an impossible social security number', '000-12-3456, 666-12-3456, 123-00-4567'],
    ['big numbers', '1234567890123456 tokens, 3.141592653589793, 1,234,567,890'],
    ['a list of numbers', '2 3 5 7 11 13 17 19 23 29 31 37'],
    ['divisions', '17077 / 7 = 2439.571428571428 and 17077 / 11 = 1552.45'],
    ['handles and decorators', 'Ask @jane, use @Override, a @ b, user@localhost'],
    ['loopback', 'Open 127.0.0.1 or ::1 or 0.0.0.0'],
    ['C++ and times', 'std::vector<a::b> at 12:30:45'],
    ['hash', 'sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    ['MAC address', '00:1a:2b:3c:4d:5e'],
    ['ISBN', 'ISBN 978-3-16-148410-0'],
    ['zero in a fraction', '0.123456789012'],
  ])('leaves alone: %s', (_, text) => {
    expect(count(text)).toBe(0);
  });

  it('stays linear on text made to make a pattern start over', () => {
    const hostile = ['1 '.repeat(130_000), 'a@'.repeat(130_000), '1.'.repeat(130_000), ':1'.repeat(130_000)];
    for (const text of [...hostile, 'AA11'.repeat(60_000), '1'.repeat(260_000), `${'a'.repeat(260_000)}@`]) {
      const start = performance.now();
      count(text);
      expect(performance.now() - start).toBeLessThan(1_000);
    }
  });

  it('counts any string without throwing, and not below 0', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(count(text)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('checksums', () => {
  it('refuses each single wrong digit of a card number', () => {
    const number = '4111111111111111';
    expect(passesLuhn(number)).toBe(true);
    fc.assert(
      fc.property(fc.nat(15), fc.integer({ min: 1, max: 9 }), (index, shift) => {
        const digit = (Number(number[index]) + shift) % 10;
        expect(passesLuhn(number.slice(0, index) + digit + number.slice(index + 1))).toBe(false);
      }),
    );
  });

  it('knows the length of a country and the remainder', () => {
    expect(isIban('NL91ABNA0417164300')).toBe(true);
    expect(isIban('NL91ABNA041716430')).toBe(false);
    expect(isIban('NL92ABNA0417164300')).toBe(false);
    expect(isIban('ZZ91ABNA0417164300')).toBe(false);
  });
});
