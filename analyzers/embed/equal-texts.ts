import { createHash } from 'node:crypto';

/** Vectors of texts, in their order. */
export type EmbedTexts = (texts: readonly string[]) => Promise<Float32Array[]>;

/**
 * Embeds equal texts once: within a call, and across calls while the vector is among the `textsMax` used last.
 * Vectors that are given out are shared and must not be written to.
 *
 * A text is known by its SHA-256, so long texts are not kept. Calls must not overlap; the worker runs them in turn.
 */
export function embedEqualTextsOnce(embed: EmbedTexts, textsMax: number): EmbedTexts {
  const known = new Map<string, Float32Array>();

  /** A Map keeps the order of insertion: what was used goes to the end, what is dropped is first. */
  function keep(key: string, vector: Float32Array): void {
    known.delete(key);
    known.set(key, vector);
    const [oldest] = known.keys();
    if (known.size > textsMax && oldest !== undefined) known.delete(oldest);
  }

  return async (texts) => {
    const keys = texts.map(keyOf);
    const found = new Map<string, Float32Array>();
    const missing = new Map<string, string>();
    for (const [index, key] of keys.entries()) {
      const vector = known.get(key);
      if (vector) found.set(key, vector);
      else missing.set(key, texts[index] ?? '');
    }
    const made = await embed([...missing.values()]);
    for (const [index, key] of [...missing.keys()].entries())
      found.set(key, made[index] ?? new Float32Array());
    for (const [key, vector] of found) keep(key, vector);
    return keys.map((key) => found.get(key) ?? new Float32Array());
  };
}

/** UTF-16, since UTF-8 would take half a surrogate pair and U+FFFD for the same. */
function keyOf(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('base64');
}
