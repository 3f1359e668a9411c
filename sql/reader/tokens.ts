/** A piece of a statement as the engine's own lexer sees it; comments and white space are left out. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign';
  /** A name without its quotes; anything else as it is written. */
  readonly text: string;
  /** Where it stands in the statement, [start, end). */
  readonly start: number;
  readonly end: number;
}

export type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Signs that no query needs outside of quotes, and by which the engine's lexer goes other ways than this one: heredocs
 * (`$`), comments (`#`), `\G`, and what is not ASCII (typographic quotes are quotes there).
 */
const SIGNS = /[-+*/%()[\]{},.;:=<>!?|@^&]/y;

const PATTERNS: readonly (readonly [kind: Token['kind'] | 'blank', pattern: RegExp])[] = [
  ['blank', /[ \t\r\n\f\v]+|--[^\n]*|\/\*[\s\S]*?\*\//y],
  ['word', /[A-Za-z_][A-Za-z0-9_]*/y],
  // Without the letters that may follow: `1file` is a name for the engine, and here two tokens, of which one is judged.
  ['number', /\d+(?:\.\d+)?/y],
  ['string', /'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ['quoted', /`(?:[^`\\])*`|"(?:[^"\\])*"/y],
  ['sign', SIGNS],
];

/**
 * A statement in tokens. Stricter than the engine: what the two could read differently is refused.
 *
 * @returns not ok, with the reason and its place, for a sign that is not known, or what is opened and never closed
 */
export function tokensOf(text: string): Tokens {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const found = tokenAt(text, at);
    if (found === null) return { ok: false, reason: reasonAt(text, at) };
    if (found.kind !== 'blank') tokens.push({ ...found, kind: found.kind });
    at = found.end;
  }
  return { ok: true, tokens };
}

function tokenAt(text: string, start: number) {
  // A comment that is not closed would else be read as two signs.
  if (text.startsWith('/*', start) && text.indexOf('*/', start + 2) < 0) return null;
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = start;
    const piece = pattern.exec(text)?.[0];
    if (piece === undefined) continue;
    const shown = kind === 'quoted' ? piece.slice(1, -1) : piece;
    return { kind, text: shown, start, end: start + piece.length };
  }
  return null;
}

function reasonAt(text: string, at: number): string {
  const sign = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const place = `at position ${at + 1}`;
  if ('\'"`/'.includes(sign)) return `Syntax error: what begins with ${sign} ${place} is not closed`;
  return `Syntax error: ${JSON.stringify(sign)} ${place} is not taken here outside of quotes`;
}
