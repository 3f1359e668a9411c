import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVectors, embedderIdentity, type IdentityParts } from './identity.ts';
import { relevanceOf } from './relevance.ts';

const parts: IdentityParts = {
  fileHashes: ['a', 'b'],
  precision: 'float32',
  pooling: 'mean',
  tokensMax: 256,
};
const embedding = (values: readonly number[], identity = 'one') => ({
  identity,
  vector: Float32Array.from(values),
});

describe('embedderIdentity', () => {
  it('changes with each part, and with nothing else', () => {
    const identities = [
      parts,
      { ...parts, fileHashes: ['b', 'a'] },
      { ...parts, fileHashes: ['ab'] },
      { ...parts, precision: 'float16' },
      { ...parts, pooling: 'cls' as const },
      { ...parts, tokensMax: 128 },
    ].map(embedderIdentity);
    expect(new Set(identities).size).toBe(identities.length);
    expect(embedderIdentity({ ...parts })).toBe(identities[0]);
    expect(identities[0]).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('compareVectors', () => {
  const Unit = fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
    .filter((values) => Math.hypot(...values) > 1e-3)
    .map((values) => values.map((value) => value / Math.hypot(...values)));

  it('is the cosine: symmetric, in [-1, 1], 1 with itself, -1 with its opposite', () => {
    fc.assert(
      fc.property(Unit, Unit, (a, b) => {
        const cosine = compareVectors(embedding(a), embedding(b));
        expect(cosine).toBe(compareVectors(embedding(b), embedding(a)));
        expect(Math.abs(cosine)).toBeLessThanOrEqual(1);
        expect(compareVectors(embedding(a), embedding(a))).toBeCloseTo(1, 6);
        expect(compareVectors(embedding(a), embedding(a.map((value) => -value)))).toBeCloseTo(-1, 6);
      }),
    );
    expect(compareVectors(embedding([1, 0]), embedding([0.6, 0.8]))).toBeCloseTo(0.6, 7);
  });

  it('refuses vectors of two embedders, and of two lengths', () => {
    expect(() => compareVectors(embedding([1, 0]), embedding([1, 0], 'two'))).toThrow(/new baseline/);
    expect(() => compareVectors(embedding([1, 0]), embedding([1]))).toThrow(/length/);
  });
});

it('relevanceOf is null where a side is missing', () => {
  expect(relevanceOf({ prompt: embedding([1, 0]), response: embedding([0, 1]) })).toBe(0);
  expect(relevanceOf({ prompt: null, response: embedding([0, 1]) })).toBeNull();
  expect(relevanceOf({ prompt: embedding([0, 1]), response: null })).toBeNull();
});
