import type { Terminal } from './terminal.ts';

const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const ASCII_EIGHTHS = [' ', '.', '.', ':', ':', '|', '|', '#', '#'] as const;
const LEFT_EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'] as const;
const FULL = 8;

/**
 * Upright bars, top line first; a share above 0 is always visible.
 *
 * @param shares one bar each, in [0, top]
 * @param top share that fills the height, above 0
 * @param barColumns width of each bar; a gap is left when it is above 1
 */
export function uprightBars(
  shares: readonly number[],
  { top, height, barColumns }: { top: number; height: number; barColumns: number },
  { isAscii }: Terminal,
): string[] {
  const glyphs = isAscii ? ASCII_EIGHTHS : EIGHTHS;
  const levels = shares.map((share) => levelOf(share / top, height * FULL));
  return Array.from({ length: height }, (_, row) => {
    const base = (height - 1 - row) * FULL;
    return levels.map((level) => barCells(glyphs[clamp(level - base, FULL)] ?? ' ', barColumns)).join('');
  });
}

/** One lying bar of `columns` cells, filled to `share` in [0, 1]. */
export function lyingBar(share: number, columns: number, { isAscii }: Terminal): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * columns * FULL);
  const [whole, rest] = [Math.floor(filled / FULL), filled % FULL];
  const bar = isAscii ? '#'.repeat(Math.round(filled / FULL)) : '█'.repeat(whole) + LEFT_EIGHTHS[rest];
  return bar + (isAscii ? '.' : '░').repeat(Math.max(0, columns - [...bar].length));
}

/**
 * A line of values as one bar each, lowest to highest; a blank where there is no value. More values than
 * columns are averaged together.
 */
export function sparkline(
  values: readonly (number | null)[],
  terminal: Terminal,
  columns = values.length,
): string {
  const cells = resampled(values, Math.min(columns, values.length));
  const known = cells.filter((cell) => cell !== null);
  if (known.length === 0) return ' '.repeat(cells.length);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const glyphs = terminal.isAscii ? ASCII_EIGHTHS : EIGHTHS;
  return cells
    .map((cell) => {
      if (cell === null) return ' ';
      // A line that does not move stands in the middle.
      const share = high === low ? 0.5 : (cell - low) / (high - low);
      return glyphs[1 + Math.round(share * (FULL - 1))];
    })
    .join('');
}

function barCells(glyph: string, columns: number): string {
  return columns === 1 ? glyph : `${glyph.repeat(columns - 1)} `;
}

function levelOf(share: number, levels: number): number {
  return share > 0 ? Math.max(1, Math.round(Math.min(1, share) * levels)) : 0;
}

function clamp(level: number, max: number): number {
  return Math.min(max, Math.max(0, level));
}

function resampled(values: readonly (number | null)[], count: number): (number | null)[] {
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * values.length) / count);
    const until = Math.max(from + 1, Math.floor(((index + 1) * values.length) / count));
    const known = values.slice(from, until).filter((value) => value !== null && Number.isFinite(value));
    return known.length === 0
      ? null
      : known.reduce<number>((sum, value) => sum + (value ?? 0), 0) / known.length;
  });
}
