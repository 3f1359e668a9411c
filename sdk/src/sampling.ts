/**
 * Whether what carries this key is among the share that is sent: the same in every process and after every restart, so a
 * conversation is sent whole or not at all.
 *
 * @param rate in [0, 1]
 */
export function isSampled(key: string, rate: number): boolean {
  if (rate >= 1) return true;
  return hashShare(key) < rate;
}

/** FNV-1a of the UTF-16 units, with the finishing of MurmurHash3, which spreads keys that differ in their end; in [0, 1). */
function hashShare(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
