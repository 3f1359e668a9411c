import { randomFillSync } from 'node:crypto';

const RANDOM_BYTES = 10;
/** Enough for some 400 ids: asking the system each time would cost more than all the rest of an id. */
const pool = Buffer.alloc(RANDOM_BYTES * 400);
let used = pool.length;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** A UUIDv7 (RFC 9562): sorts by the moment it was made, in ms since 1970; 74 of its bits are random. */
export function newRecordId(nowMs: number): string {
  if (used + RANDOM_BYTES > pool.length) refill();
  const at = used;
  used += RANDOM_BYTES;
  const time = Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, '0').slice(-12);
  const version = 0x70 | (byteAt(at) & 0x0f);
  const variant = 0x80 | (byteAt(at + 2) & 0x3f);
  let tail = '';
  for (let index = at + 4; index < at + RANDOM_BYTES; index++) tail += hexOf(byteAt(index));
  return `${time.slice(0, 8)}-${time.slice(8)}-${hexOf(version)}${hexOf(byteAt(at + 1))}-${hexOf(variant)}${hexOf(byteAt(at + 3))}-${tail}`;
}

function refill(): void {
  try {
    randomFillSync(pool);
  } catch {
    // Without the system's randomness an id is still all but unique, which is all that is asked of it.
    for (let index = 0; index < pool.length; index++) pool[index] = Math.floor(Math.random() * 256);
  }
  used = 0;
}

const byteAt = (index: number): number => pool[index] ?? 0;
const hexOf = (byte: number): string => HEX[byte] ?? '00';
