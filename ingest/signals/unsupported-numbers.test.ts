import { describe, expect, it } from 'vitest';
import type { Inference } from '../../core/inference.ts';
import { unsupportedNumbers } from './unsupported-numbers.ts';

const of = (response: string, context: readonly string[], rest: Partial<Inference> = {}) =>
  unsupportedNumbers({ timestamp: '2026-11-22T10:00:00Z', model: 'm', response, context, ...rest });

describe('unsupportedNumbers', () => {
  it('is the share of the numbers that stand nowhere', () => {
    const context = ['Revenue grew by 12 % to 4.2 billion in 2023.', 'The firm has 1,350 employees.'];
    expect(of('It grew by 12 % in 2023 and has 1350 people.', context)).toBe(0);
    expect(of('It grew by 15 % in 2023 and has 1350 people.', context)).toBeCloseTo(1 / 3);
    expect(of('It was founded in 1987.', context)).toBe(1);
  });

  it.each([
    ['1,200.50', '1200.5'],
    ['1.200,50', '1200.5'],
    ["1'200", '1200'],
    ['1\u202f200', '1200'],
    ['1,200', '1.200'],
    ['3.14', '3,14'],
    ['10.00', '10'],
  ])('reads %s as %s', (said, written) => {
    expect(of(`It is ${said} now.`, [`Figure: ${written} units`])).toBe(0);
  });

  it('knows what was asked', () => {
    expect(of('Order 48213 has left.', ['Orders leave daily.'], { prompt: 'Where is order 48213?' })).toBe(0);
    const messages = [{ role: 'user', content: 'Where is order 48213?' }];
    expect(of('Order 48213 has left.', ['Orders leave daily.'], { messages })).toBe(0);
  });

  it('is null without context, without numbers, of a failed call, and of more text than it reads', () => {
    expect([
      of('It is 42.', []),
      of('It is 7, no more.', ['x']),
      of('It is 42.', ['x'], { status: 'error' }),
      of('It is 42.', ['x'.repeat(2 ** 20 + 1)]),
    ]).toEqual([null, null, null, null]);
  });

  it('is linear in hostile digits', () => {
    expect(of(`${'9,'.repeat(1 << 17)}a ${'1'.repeat(1 << 18)}`, ['9'.repeat(1 << 19)])).not.toBeNull();
  });
});
