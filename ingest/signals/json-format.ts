/** A longer response is not parsed: its validity is null. */
export const JSON_CHARACTERS_MAX = 1 << 20;

const OBJECT = /^\{\s*(?:["'}]|[A-Za-z_]\w{0,63}\s*:)/;
/** "[" opens JSON before a value, but "[Yes]", "[1] Smith" and a Markdown link are text. */
const ARRAY = /^\[\s*(?:[{[\]"]|(?:-?\d[\d.eE+-]{0,40}|true|false|null)\s*(?:,|\]\s*$))/;
const FENCE = /```(?:(?:json|JSON)[ \t]*\n|[ \t]*\n(?=\s{0,64}[{[]))([\s\S]*?)(?:```|$)/;

export interface JsonFormat {
  /** 1 when the response is meant to be JSON. */
  readonly json_like: number;
  /** Of those: 1 when it parses, 0 when it does not. */
  readonly json_valid: number | null;
}

/**
 * Whether a response is meant to be JSON, and whether it parses. Meant: it opens as an object or an array, or at
 * least half of it is a ```json block (or a bare block that opens as JSON). Linear; over 1 Mi code units
 * `json_valid` is null.
 */
export function jsonFormat(text: string, fenceMarks: number): JsonFormat {
  const body = jsonBody(text, fenceMarks);
  if (body === undefined) return { json_like: 0, json_valid: null };
  if (body.length > JSON_CHARACTERS_MAX) return { json_like: 1, json_valid: null };
  return { json_like: 1, json_valid: parses(body) ? 1 : 0 };
}

function jsonBody(text: string, fenceMarks: number): string | undefined {
  const trimmed = text.trim();
  const opensAs = trimmed.startsWith('{') ? OBJECT : trimmed.startsWith('[') ? ARRAY : undefined;
  if (opensAs) return opensAs.test(trimmed) ? trimmed : undefined;
  const block = fenceMarks > 0 ? FENCE.exec(trimmed) : null;
  return block && block[0].length * 2 >= trimmed.length ? block[1] : undefined;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
