import { fitted, type Ink, paint, plain, type Terminal, widthOf } from './terminal.ts';

export interface Cell {
  readonly text: string;
  readonly ink?: Ink | null;
}

const GAP = '  ';

/**
 * A table in lines, its heads first. Where the terminal is too narrow the first is cut a little, then
 * the last ones are left out.
 */
export function renderTable(
  { heads, rows }: { heads: readonly string[]; rows: readonly (readonly Cell[])[] },
  terminal: Terminal,
): string[] {
  const cells = [heads.map((text): Cell => ({ text, ink: 'dim' })), ...rows].map((row) =>
    row.map(({ text, ink }) => ({ text: plain(text, terminal), ink: ink ?? null })),
  );
  const natural = heads.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column]?.text ?? ''))));
  const widths = fittingWidths(natural, terminal.columns);
  return cells.map((row) =>
    widths
      .map((width, column) => {
        const { text = '', ink = null } = row[column] ?? {};
        const isLast = column === widths.length - 1;
        const shown = isLast && widthOf(text) <= width ? text : fitted(text, { width }, terminal);
        return ink === null ? shown : paint(shown, ink, terminal);
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** The first column keeps this much when it is cut. */
const FIRST_COLUMNS_MIN = 8;

function fittingWidths(natural: readonly number[], columns: number): number[] {
  const [first = 0, ...rest] = natural;
  while (true) {
    const restColumns = rest.reduce((sum, width) => sum + GAP.length + width, 0);
    const room = columns - restColumns;
    const isCut = room < first;
    const least = rest.length > 2 ? first : Math.min(first, FIRST_COLUMNS_MIN);
    if (!isCut) return [first, ...rest];
    if (room >= least || rest.length === 0) return [Math.max(1, room), ...rest];
    rest.pop();
  }
}
