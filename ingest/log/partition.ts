/**
 * The partition of an id, in [0, partitions): FNV-1a over UTF-16 units with murmur3's final mix. An id always lands in
 * the same partition, so one writer sees all that was ever sent under it, in order. Must never change.
 */
export function partitionOf(project: string, id: string, partitions: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < project.length; i++) h = Math.imul(h ^ project.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ 0x0a, 0x01000193);
  for (let i = 0; i < id.length; i++) h = Math.imul(h ^ id.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) % partitions;
}
