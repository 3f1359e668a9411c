import { meanOf, quantileOf, type SignalSummary } from '../../core/summary.ts';
import type { SegmentCell, SegmentLine } from './api-views.ts';

/** One signal of one segment; `inferences` counts all rows. */
export interface SegmentPart {
  readonly segment: string;
  readonly signal: string;
  readonly summary: SignalSummary;
}

/** What two samples of the same law exceed once in a hundred times, over √((n + m) / nm) (Smirnov's c for α = 0.01). */
const CHANCE = 1.63;

/**
 * A model's segments against all of its other inferences, the most different first, then the largest. The whole is the
 * first of what is returned.
 *
 * @param open unclosed incidents of the model, by segment
 */
export function segmentLines(
  parts: readonly SegmentPart[],
  signals: readonly { readonly signal: string; readonly isRate: boolean }[],
  open: ReadonlyMap<string, number>,
): { whole: SegmentLine; segments: SegmentLine[] } {
  const of = new Map(
    parts.map(({ segment, signal, summary }) => [JSON.stringify([segment, signal]), summary]),
  );
  const find = (segment: string, signal: string) => of.get(JSON.stringify([segment, signal]));
  const total = find('', 'inferences')?.count ?? 0;
  const line = (segment: string): SegmentLine => {
    const cells = signals.map(({ signal, isRate }) =>
      cellOf(find(segment, signal), segment === '' ? undefined : find('', signal), isRate),
    );
    const inferences = find(segment, 'inferences')?.count ?? 0;
    return {
      segment,
      inferences,
      share: total > 0 ? inferences / total : 0,
      openIncidents: open.get(segment) ?? 0,
      mostDifferent: mostDifferent(cells, signals),
      cells,
    };
  };
  const names = [...new Set(parts.map(({ segment }) => segment))].filter((segment) => segment !== '');
  const largest = ({ cells }: SegmentLine): number =>
    Math.max(0, ...cells.map((cell) => cell?.difference ?? 0));
  return {
    whole: line(''),
    segments: names
      .map(line)
      .sort(
        (a, b) => largest(b) - largest(a) || b.inferences - a.inferences || (a.segment < b.segment ? -1 : 1),
      ),
  };
}

function mostDifferent(
  cells: readonly (SegmentCell | null)[],
  signals: readonly { readonly signal: string }[],
): string | null {
  let best = { signal: null as string | null, difference: 0 };
  cells.forEach((cell, place) => {
    if (cell && cell.difference > best.difference)
      best = { signal: signals[place]?.signal ?? null, difference: cell.difference };
  });
  return best.signal;
}

function cellOf(
  summary: SignalSummary | undefined,
  whole: SignalSummary | undefined,
  isRate: boolean,
): SegmentCell | null {
  if (!summary || summary.count === 0) return null;
  return {
    count: summary.count,
    value: (isRate ? meanOf(summary) : quantileOf(summary, 0.5)) ?? 0,
    difference: whole ? differenceBeyondChance(summary, whole) : 0,
  };
}

/** Widest gap between the distributions of a part and of the rest of its whole, less the gap that chance makes. */
export function differenceBeyondChance(part: SignalSummary, whole: SignalSummary): number {
  const [n, m] = [part.count, whole.count - part.count];
  if (n <= 0 || m <= 0) return 0;
  let [seenPart, seenRest, widest] = [0, 0, 0];
  for (const [bin, rows] of [...whole.bins].sort(([a], [b]) => a - b)) {
    const ofPart = part.bins.get(bin) ?? 0;
    seenPart += ofPart;
    seenRest += Math.max(0, rows - ofPart);
    widest = Math.max(widest, Math.abs(seenPart / n - seenRest / m));
  }
  return Math.max(0, widest - CHANCE * Math.sqrt((n + m) / (n * m)));
}
