import { createHash, createHmac } from 'node:crypto';

/**
 * Id of a record that came without one: a UUID (version 8) of 48 bits of its time in milliseconds and 74 bits of the
 * SHA-256 of its canonical JSON. The same record gives the same id, whatever its white space and order of keys.
 */
export function contentId(record: object, timestampMs: number): string {
  const hash = createHash('sha256').update(canonicalJson(record)).digest();
  const time = timestampMs.toString(16).padStart(12, '0');
  hash[0] = ((hash[0] ?? 0) & 0x0f) | 0x80;
  hash[2] = ((hash[2] ?? 0) & 0x3f) | 0x80;
  const rest = hash.toString('hex', 0, 10);
  return [time.slice(0, 8), time.slice(8), rest.slice(0, 4), rest.slice(4, 8), rest.slice(8)].join('-');
}

/**
 * The same for a record from which something was redacted. Records that differ only in that have ids of their own, since a
 * keyed hash of the original goes into it; without the key, the original cannot be found out by trying texts.
 */
export function redactedContentId(
  { record, original, key }: { record: object; original: object; key: string },
  timestampMs: number,
): string {
  const origin = createHmac('sha256', key).update(canonicalJson(original)).digest('hex');
  return contentId({ ...record, redacted_from: origin }, timestampMs);
}

/** JSON with the keys of every object sorted. Its nesting is bounded by the caller. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (isObject(item) ? sorted(item) : item));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, value[name]]));
}
