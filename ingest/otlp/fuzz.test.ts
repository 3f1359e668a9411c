import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../core/errors.ts';
import { checkInference, checkScore } from '../../core/inference-check.ts';
import { packageRoot } from '../../core/package-root.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { mutate } from '../../test/fuzz/mutate.ts';
import { mapped } from '../../test/support/otlp-mapped.ts';

// Whatever is made of a real export, it is mapped or refused, soon, and what it maps to is a record.

const FOLDER = join(packageRoot, 'test/golden/otlp');
const ROUNDS = 150;
/** A mapping takes well below a millisecond; this is for one that runs away on a machine that is busy. */
const SLOW_MS = 500;
/** The bytes with up to eight of them changed. */
function flipped(body: Buffer, random: () => number): Buffer {
  const mutant = Buffer.from(body);
  for (let left = 1 + Math.floor(random() * 8); left > 0; left--)
    mutant[Math.floor(random() * mutant.length)] = Math.floor(random() * 256);
  return mutant;
}

const ANY = { minMs: -Number.MAX_VALUE, maxMs: Number.MAX_VALUE };

const files = readdirSync(FOLDER).filter((file) => /\.(traces|logs)\.(bin|json)$/.test(file));

describe.each(files)('%s, changed at random', (file) => {
  const [, signal] = file.split('.') as [string, 'traces' | 'logs'];
  const encoding = file.endsWith('.json') ? 'json' : 'protobuf';
  const original = readFileSync(join(FOLDER, file));

  it('is mapped or refused', () => {
    const random = seededRandom(file.length * 7919);
    let understood = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // Bytes lost or added break the lengths of protobuf at once; bytes changed get further in.
      const body = round % 2 === 0 ? mutate(original, random) : flipped(original, random);
      const startMs = performance.now();
      understood += isUnderstood(body) ? 1 : 0;
      expect(performance.now() - startMs).toBeLessThan(SLOW_MS);
    }
    expect(understood).toBeGreaterThan(0);
    expect(understood).toBeLessThan(ROUNDS);
  });

  function isUnderstood(body: Buffer): boolean {
    try {
      const { records, scores, contents, items, ignored, rejected } = mapped(body, { signal, encoding });
      expect(records.length + contents.length + ignored + rejected.length).toBe(items);
      for (const record of records) expectRecord(record);
      for (const score of scores) expect(checkScore(score, ANY).ok).toBe(true);
      for (const { piece } of contents) expect(JSON.parse(piece)).toBeTypeOf('object');
      return true;
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid_input') return false;
      throw error;
    }
  }

  /** The mapping has bounds of its own for all but names, which the check names to the sender. */
  function expectRecord(record: unknown): void {
    const checked = checkInference(record, ANY);
    if (!checked.ok) expect(checked.fault.field).toMatch(/^(model|version)$/);
  }
});
