import { createHash } from 'node:crypto';
import type { PlainObject } from './plain-copy.ts';
import type { ContentMode } from './settings.ts';
import { CONTENT_FIELDS, withoutContent } from './wire-fields.ts';

const HASH_CHARACTERS = 32;

/**
 * The record with as much of its texts as the mode leaves. `hashed` puts two attributes in the place of each field:
 * `prompt.sha256` (128 bits of it) and `prompt.characters`; equal texts are seen to be equal, and no text can be read.
 */
export function withContent(record: PlainObject, mode: ContentMode): PlainObject {
  if (mode === 'full') return record;
  const kept = withoutContent(record);
  if (mode === 'none') return kept;
  const attributes: PlainObject = {};
  for (const name of CONTENT_FIELDS) {
    const value = record[name];
    if (value === undefined || value === null) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    attributes[`${name}.sha256`] = createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARACTERS);
    attributes[`${name}.characters`] = String(text.length);
  }
  const own = kept['attributes'];
  return { ...kept, attributes: { ...attributes, ...(typeof own === 'object' ? own : {}) } as PlainObject };
}
