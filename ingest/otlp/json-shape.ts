const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

export interface JsonShape {
  /** How deep brackets are nested. */
  readonly depth: number;
  /** Objects and lists. */
  readonly containers: number;
}

/** How much a JSON text nests and holds, read before it is parsed; stops counting above the bounds. Linear. */
export function jsonShape(text: Uint8Array, max: JsonShape): JsonShape {
  let [depth, deepest, containers] = [0, 0, 0];
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  for (let at = 0; at < bytes.length && deepest <= max.depth && containers <= max.containers; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = stringEnd(bytes, at);
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      containers++;
      if (++depth > deepest) deepest = depth;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
  }
  return { depth: deepest, containers };
}

/** Place of the quote that ends the string which starts at `start`; the length if none does. */
function stringEnd(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return bytes.length;
}
