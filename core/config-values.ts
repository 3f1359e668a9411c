import { z } from 'zod';

/** `10 MiB`, `512KiB`, `4096`: bytes. */
export const Bytes = z
  .string()
  .regex(/^\d+ ?(B|KiB|MiB|GiB)?$/, 'expected bytes, such as 64MiB')
  .transform(
    (text) => Number.parseInt(text, 10) * unitOf(text, { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }),
  );

/** A century: what is longer is a slip of the pen, and no instant so long ago or ahead can be stored. */
const DURATION_MS_MAX = 36_525 * 864e5;

/** `250ms`, `5s`, `10m`, `1h`, `7d`: milliseconds. */
export const Duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, 'expected a duration, such as 5m')
  .transform((text) => Number.parseInt(text, 10) * unitOf(text, { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 }))
  .refine((ms) => ms <= DURATION_MS_MAX, 'expected at most 36525d');

export const Count = z.coerce.number().int().positive();
export const CountOrZero = z.coerce.number().int().nonnegative();

function unitOf(text: string, units: Readonly<Record<string, number>>): number {
  return units[text.replace(/^[\d ]+/, '')] ?? 1;
}
