import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.ts';

/** A part of the data and its share. */
export interface SplitPart {
  readonly name: string;
  readonly share: number;
}

/** Parts as they are written: `train=0.9,validation=0.1`. @throws AppError `invalid_input` unless they add up to 1 */
export function parseSplit(text: string): SplitPart[] {
  const parts = text.split(',').map((part) => {
    const [, name = '', share = ''] = /^([\w-]{1,40})=(0?\.\d+|[01](?:\.0*)?)$/.exec(part.trim()) ?? [];
    return { name, share: Number(share) };
  });
  const sum = parts.reduce((total, { share }) => total + share, 0);
  const names = new Set(parts.map(({ name }) => name));
  if (names.has('') || names.size < parts.length || Math.abs(sum - 1) > 1e-6)
    throw new AppError(
      'invalid_input',
      `--split ${text}: expected shares that add up to 1, such as train=0.9,validation=0.1`,
    );
  return parts;
}

/** The part of a conversation, by a hash of its name: all of it in one, the same one every time. */
export function partOf(conversation: string, parts: readonly SplitPart[]): string {
  const place = createHash('sha256').update(`split\0${conversation}`).digest().readUInt32BE() / 2 ** 32;
  let end = 0;
  for (const { name, share } of parts) {
    end += share;
    if (place < end) return name;
  }
  return parts.at(-1)?.name ?? '';
}
