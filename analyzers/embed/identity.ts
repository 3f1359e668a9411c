import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.ts';

/** How token vectors become the vector of a text. */
export type Pooling = 'mean' | 'cls';

/** What decides a vector besides the text. */
export interface IdentityParts {
  /** SHA-256 of the files, in hexadecimal: model, its external data, tokenizer; order counts. */
  readonly fileHashes: readonly string[];
  /** `dynamic-int8`, `float32`, `float16`. */
  readonly precision: string;
  readonly pooling: Pooling;
  readonly tokensMax: number;
}

/** A vector and the embedder that made it. */
export interface Embedding {
  readonly identity: string;
  /** Length 1, or all zero. */
  readonly vector: Float32Array;
}

/** Name of an embedder, stored with each of its vectors: 16 hexadecimal digits, the same for the same parts. */
export function embedderIdentity({ fileHashes, precision, pooling, tokensMax }: IdentityParts): string {
  const facts = JSON.stringify([fileHashes, precision, pooling, tokensMax]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 16);
}

/**
 * Cosine of two vectors of length 1 made by the same embedder, in [-1, 1]; 0 if one is all zero.
 *
 * @throws AppError `invalid_input` for vectors of two embedders, or of two lengths: a cosine between them means nothing
 */
export function compareVectors(a: Embedding, b: Embedding): number {
  if (a.identity !== b.identity) {
    throw new AppError(
      'invalid_input',
      'vectors of two embedding models cannot be compared; take a new baseline with the present model',
      { identities: [a.identity, b.identity] },
    );
  }
  if (a.vector.length !== b.vector.length) {
    throw new AppError('invalid_input', 'vectors to compare differ in length', {
      dimensions: [a.vector.length, b.vector.length],
    });
  }
  const dot = a.vector.reduce((sum, value, index) => sum + value * (b.vector[index] ?? 0), 0);
  return Math.min(1, Math.max(-1, dot));
}
