/**
 * Share of what arrives that may be embedded, so that `perSecondMax` is kept on average; 1 without a limit.
 *
 * @param arrivingPerSecond 0 or more
 * @param perSecondMax 0: no limit
 */
export function sampleShare({
  arrivingPerSecond,
  perSecondMax,
}: {
  arrivingPerSecond: number;
  perSecondMax: number;
}): number {
  return perSecondMax === 0 || arrivingPerSecond <= perSecondMax ? 1 : perSecondMax / arrivingPerSecond;
}

/**
 * Whether an inference belongs to the sample: decided by a hash of its id alone, so that every run and every process
 * chooses the same, whatever the order, and a smaller sample is part of every larger one.
 *
 * @param share in [0, 1]; of many ids this share is chosen
 */
export function isSampled(id: string, share: number): boolean {
  return hashToUnit(id) < share;
}

/**
 * Hash in [0, 1): FNV-1a over UTF-16 units, then MurmurHash3's finalizer, since FNV alone leaves ids that differ in
 * their last character close together.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/ and https://github.com/aappleby/smhasher, `fmix32`
 */
function hashToUnit(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
