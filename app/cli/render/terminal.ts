import { styleText } from 'node:util';

/** What the terminal, or whatever reads instead of one, can show. */
export interface Terminal {
  readonly isColored: boolean;
  /** Only 7-bit characters: a dumb terminal. */
  readonly isAscii: boolean;
  /** True when a person watches: a line may be written over. */
  readonly isInteractive: boolean;
  /** Width in columns, at least 40. */
  readonly columns: number;
}

/** Part of a stream that is looked at. */
export interface TerminalStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

const COLUMNS_MIN = 40;
const COLUMNS_DEFAULT = 80;

/**
 * Reads what a stream can show. `NO_COLOR` and a pipe take the colour away, `FORCE_COLOR` gives it back (and wins,
 * as in Node itself), `TERM=dumb` takes colour, pictures and movement.
 */
export function terminalOf(stream: TerminalStream, env: Env): Terminal {
  const isTty = stream.isTTY === true;
  const isDumb = env['TERM'] === 'dumb';
  const force = env['FORCE_COLOR'];
  const isForced = force !== undefined && !['0', 'false'].includes(force);
  const isRefused = force !== undefined ? !isForced : Boolean(env['NO_COLOR']);
  return {
    isColored: isForced || (isTty && !isDumb && !isRefused),
    isAscii: isDumb,
    isInteractive: isTty && !isDumb,
    columns: Math.max(COLUMNS_MIN, Number(env['COLUMNS']) || stream.columns || COLUMNS_DEFAULT),
  };
}

export type Ink = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** The text in a colour, or as it is. Widths are measured before painting. */
export function paint(text: string, inks: Ink | Ink[], { isColored }: Terminal): string {
  return isColored && text !== '' ? styleText(inks, text, { validateStream: false }) : text;
}

const ASCII: Readonly<Record<string, string>> = {
  '→': '->',
  '−': '-',
  '–': '-',
  '×': 'x',
  δ: 'delta',
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '...',
  '·': '-',
  '●': '*',
  '○': 'o',
};

/**
 * Text that is safe to print: names come from whoever sends inferences, so control characters, which could move the
 * cursor or turn the text around, become `?`. Typographic characters become plain ones where the terminal needs it.
 */
export function plain(text: string, { isAscii }: Terminal): string {
  const safe = text.replaceAll('\u202f', ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
  return isAscii ? safe.replace(/[^ -~]/gu, (character) => ASCII[character] ?? '?') : safe;
}

/** Columns that unpainted text takes, one for each code point. */
export function widthOf(text: string): number {
  return [...text].length;
}

/** Unpainted text, cut at the width with `…`, filled up to it with blanks on its other side. */
export function fitted(
  text: string,
  { width, side = 'left' }: { width: number; side?: 'left' | 'right' },
  { isAscii }: Terminal,
): string {
  const characters = [...text];
  if (characters.length > width) {
    return characters.slice(0, Math.max(0, width - 1)).join('') + (isAscii ? '~' : '…');
  }
  const blanks = ' '.repeat(width - characters.length);
  return side === 'left' ? text + blanks : blanks + text;
}

/** Unpainted text in lines of at most `width`, broken at blanks, else anywhere. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((part) => pieces(part, width))) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= width) line = joined;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  const characters = [...word];
  const count = Math.max(1, Math.ceil(characters.length / width));
  return Array.from({ length: count }, (_, index) =>
    characters.slice(index * width, (index + 1) * width).join(''),
  );
}
