/** A shell block of a document that a test runs. */
export interface DocBlock {
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly script: string;
  /** `run`: on its own; `server`: against a running server, whose address is in PLUMBLINE_URL. */
  readonly kind: 'run' | 'server';
  /** What the next block, tagged `text output`, says is printed; null when there is none. */
  readonly output: string | null;
}

const BLOCK = /^```([^\n`]*)\n([\s\S]*?)^```[ \t]*$/gm;

/**
 * The blocks of a Markdown text that are tagged `sh run` or `sh server`, in order. A block tagged `text output`
 * belongs to the one before it.
 */
export function docBlocks(markdown: string): DocBlock[] {
  const found: DocBlock[] = [];
  for (const { 1: tag = '', 2: body = '', index } of markdown.matchAll(BLOCK)) {
    const [language, kind] = tag.trim().split(/\s+/);
    const line = markdown.slice(0, index).split('\n').length;
    const last = found.at(-1);
    if (language === 'sh' && (kind === 'run' || kind === 'server')) {
      found.push({ line, script: body, kind, output: null });
    } else if (language === 'text' && kind === 'output' && last) {
      found[found.length - 1] = { ...last, output: body };
    }
  }
  return found;
}

/**
 * The first line of the documented output that is not in what was printed, in order; null when all are. A line that
 * holds `…` stands for anything there; blanks at the ends do not count.
 */
export function missingLine(documented: string, printed: string): string | null {
  const lines = printed.split('\n').map((line) => line.trim());
  let next = 0;
  for (const line of documented.split('\n').map((text) => text.trim())) {
    if (line === '' || line === '…') continue;
    const pattern = new RegExp(`^${line.split('…').map(escaped).join('.*')}$`);
    const at = lines.findIndex((candidate, index) => index >= next && pattern.test(candidate));
    if (at === -1) return line;
    next = at + 1;
  }
  return null;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
