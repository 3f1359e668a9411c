import { type Distribution, distributionOf } from '../../../core/distribution.ts';
import { formatCount, formatShort, formatValue } from '../../../core/format.ts';
import { valueOfBin } from '../../../core/grid.ts';
import type { Incident } from '../../../core/incident.ts';
import { isRateChange, unitOf } from '../../../core/incident-words.ts';
import { uprightBars } from './bars.ts';
import { fitted, type Ink, paint, plain, type Terminal, widthOf } from './terminal.ts';

const PANEL_COLUMNS_MAX = 24;
const GAP_COLUMNS = 4;
const HEIGHT = 4;
const BAR_COLUMNS_MAX = 8;

/** What the picture is made from. */
type Pictured = Pick<Incident, 'histograms' | 'samples' | 'signal' | 'effect' | 'detector'>;

/**
 * Before and after side by side on one axis and one height, so that what is wide and what is narrow stay so.
 *
 * @param ink colour of the later side
 * @param indent blanks before each line; counted in the width
 */
export function renderHistograms(
  incident: Pictured,
  { ink, indent }: { ink: Ink; indent: number },
  terminal: Terminal,
): string[] {
  const room = Math.floor((terminal.columns - indent - GAP_COLUMNS) / 2);
  const panelColumns = Math.min(PANEL_COLUMNS_MAX, room);
  const { before, after } = incident.histograms;
  const distribution = distributionOf(before, after, panelColumns);
  const labels = axisLabels(incident, { distribution, panelColumns });
  const top = Math.max(...distribution.columns.flatMap((column) => [column.before, column.after]), 0) || 1;
  const panel = (side: 'before' | 'after'): string[] => {
    const rows = incident.samples[side === 'before' ? 'baseline' : 'current'];
    return [
      `${side} (${formatCount(rows)})`,
      ...bars(distribution, { side, top, panelColumns }, terminal),
      axis(labels, { distribution, panelColumns }, terminal),
    ];
  };
  const right = panel('after');
  return panel('before').map((left, row) => {
    const isBar = row > 0 && row <= HEIGHT;
    const gap = ' '.repeat(GAP_COLUMNS);
    const before = paint(fitted(left, { width: panelColumns }, terminal), 'dim', terminal);
    const after = paint((right[row] ?? '').trimEnd(), isBar ? ink : 'dim', terminal);
    return `${' '.repeat(indent)}${before}${gap}${after}`.trimEnd();
  });
}

const TINY_COLUMNS = 8;

/** Both sides in one line, for a table: `▁ ▃█▅ → █`. */
export function tinyHistograms({ before, after }: Incident['histograms'], terminal: Terminal): string {
  const { columns } = distributionOf(before, after, TINY_COLUMNS);
  const side = (name: 'before' | 'after'): string => {
    const shares = columns.map((column) => column[name]);
    const top = Math.max(...shares) || 1;
    return uprightBars(shares, { top, height: 1, barColumns: 1 }, terminal).join('');
  };
  return `${side('before')} → ${side('after')}`;
}

function barColumnsOf({ scale, columns }: Distribution, panelColumns: number): number {
  if (scale !== 'points') return 1;
  return Math.min(BAR_COLUMNS_MAX, Math.max(1, Math.floor(panelColumns / Math.max(1, columns.length))));
}

function bars(
  distribution: Distribution,
  { side, top, panelColumns }: { side: 'before' | 'after'; top: number; panelColumns: number },
  terminal: Terminal,
): string[] {
  const shares = distribution.columns.map((column) => column[side]);
  const barColumns = barColumnsOf(distribution, panelColumns);
  return uprightBars(shares, { top, height: HEIGHT, barColumns }, terminal);
}

/** One label under each bar of few values; otherwise the two ends, the unit with the second. */
function axisLabels(
  incident: Pictured,
  { distribution, panelColumns }: { distribution: Distribution; panelColumns: number },
): string[] {
  const { scale, columns } = distribution;
  const isRate = isRateChange(incident);
  if (scale === 'points' && isRate) return columns.map(({ from }) => (from === 0 ? 'no' : 'yes'));
  const unit = unitOf(incident.signal, false);
  if (scale === 'points') return columns.map(({ from }) => formatShort(from, unit));
  // The values themselves, not the edges of their columns: "2 characters" reads better than 1.99.
  const bins = [...incident.histograms.before, ...incident.histograms.after].map(([bin]) => bin);
  const [low, high] = [valueOfBin(Math.min(...bins)), valueOfBin(Math.max(...bins))];
  const isRoomy = panelColumns >= PANEL_COLUMNS_MAX;
  return [formatShort(low, unit), isRoomy ? formatValue(high, unit) : formatShort(high, unit)];
}

function axis(
  labels: readonly string[],
  { distribution, panelColumns }: { distribution: Distribution; panelColumns: number },
  terminal: Terminal,
): string {
  const plainLabels = labels.map((label) => plain(label, terminal));
  if (distribution.scale === 'points') {
    const barColumns = barColumnsOf(distribution, panelColumns);
    return plainLabels.map((label) => fitted(label, { width: barColumns }, terminal)).join('');
  }
  const [low = '', high = ''] = plainLabels;
  return low + fitted(high, { width: Math.max(0, panelColumns - widthOf(low)), side: 'right' }, terminal);
}
