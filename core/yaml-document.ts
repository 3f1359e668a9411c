import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument } from 'yaml';

/** A document of plain YAML: maps with texts as keys, lists and scalars. */
export interface YamlDocument {
  readonly ok: true;
  readonly contents: Node | null;
  readonly value: unknown;
  readonly lines: LineCounter;
}

export interface YamlFault {
  readonly ok: false;
  /** Characters behind the start of the text. */
  readonly offset: number;
  readonly message: string;
  readonly lines: LineCounter;
}

/** Twice what 300 rules with comments take; the parser needs a second for the worst text of this length. */
const CHARACTERS_MAX = 128 * 1024;
/** Brackets, and `- - -` on one line, inside each other: no file of settings comes near. */
const BRACKETS_DEPTH_MAX = 32;
const INDICATORS_PER_LINE_MAX = 8;

/**
 * Reads YAML 1.2 within bounds of length and depth, so that a hostile text costs a second at most. Aliases, keys that are
 * no text and keys that stand twice are faults.
 */
export function readYamlDocument(text: string): YamlDocument | YamlFault {
  const lines = new LineCounter();
  const fail = (offset: number, message: string): YamlFault => ({ ok: false, offset, message, lines });
  lines.addNewLine(0);
  if (text.length > CHARACTERS_MAX)
    return fail(0, `expected at most ${CHARACTERS_MAX} characters, and there are ${text.length}`);
  const deep = tooDeepAt(text);
  if (deep !== null) {
    for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
    return fail(deep, 'nothing may be nested so deeply');
  }
  try {
    lines.lineStarts.length = 0;
    // The parser's own check for keys that stand twice compares each with each: minutes for a hostile text.
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    const [error] = document.errors;
    if (error) return fail(error.pos[0], `${error.message}${quotingHint(text, error.pos[0])}`);
    const key = badKey(document.contents);
    if (key) return fail(key.offset, key.message);
    return { ok: true, contents: document.contents, value: document.toJS(), lines };
  } catch (cause) {
    // The parser is not ours, and has no list of what it throws.
    return fail(0, `cannot be read as YAML: ${cause instanceof Error ? cause.name : 'unknown'}`);
  }
}

/** Where the first nesting beyond the bounds is; null if there is none. Linear, where the parser is not. */
function tooDeepAt(text: string): number | null {
  let [offset, brackets, indicators] = [0, 0, 0];
  for (const token of new Lexer().lex(text)) {
    brackets = Math.max(0, brackets + (BRACKETS[token] ?? 0));
    if (token === '-' || token === '?') indicators++;
    else if (token.includes('\n')) indicators = 0;
    if (brackets > BRACKETS_DEPTH_MAX || indicators > INDICATORS_PER_LINE_MAX) return offset;
    offset += MARKS.has(token) ? 0 : token.length;
  }
  return null;
}

const BRACKETS: Readonly<Record<string, number>> = { '[': 1, '{': 1, ']': -1, '}': -1 };

/** What the lexer puts between tokens: they are not in the text. */
const MARKS: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);

/** `${NAME}` has brackets, which end a text inside `{…}` and `[…]`. */
function quotingHint(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const line = text.slice(start, end < 0 ? text.length : end);
  return /[{[,].*[^'"]\$\{/.test(line) ? `; inside {…} and […], put quotes around "$${'{…}'}"` : '';
}

function badKey(node: unknown): { offset: number; message: string } | null {
  // A few lines of aliases can stand for more than memory holds, and one can hold itself.
  if (isAlias(node))
    return { offset: node.range?.[0] ?? 0, message: 'aliases are not read: write out what it stands for' };
  if (isSeq(node)) return firstOf(node.items, badKey);
  if (!isMap(node)) return null;
  const seen = new Set<unknown>();
  return firstOf(node.items, ({ key, value }) => {
    const offset = (isScalar(key) || isMap(key) || isSeq(key) || isAlias(key) ? key.range?.[0] : null) ?? 0;
    if (!isScalar(key)) return { offset, message: 'expected a text as the name' };
    const name = String(key.value);
    if (seen.has(name)) return { offset, message: 'this name stands twice' };
    seen.add(name);
    return badKey(value);
  });
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | null): R | null {
  for (const item of items) {
    const found = find(item);
    if (found !== null) return found;
  }
  return null;
}
