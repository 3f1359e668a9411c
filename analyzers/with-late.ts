import { mergeSummaries } from '../core/summary.ts';
import type { LatePart, StreamWindow } from '../core/window.ts';

/**
 * A window with what came late into earlier ones: those were judged and stay as they are, and this one has it beside its
 * own. A score that came late counts for its own signal only; the inferences that it belongs to were counted before.
 */
export function withLate(window: StreamWindow, parts: readonly LatePart[]): StreamWindow {
  if (parts.length === 0) return window;
  const summaries = new Map(window.summaries);
  const categories = new Map(window.categories);
  let { rows } = window;
  for (const late of parts) {
    rows += late.rows;
    for (const [signal, summary] of late.summaries) {
      const own = summaries.get(signal);
      summaries.set(signal, own ? mergeSummaries(own, summary) : summary);
    }
    for (const [signal, counts] of late.categories)
      categories.set(signal, addCounts(categories.get(signal) ?? new Map(), counts));
  }
  return { ...window, rows, summaries, categories };
}

function addCounts(
  own: ReadonlyMap<string, number>,
  more: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const sum = new Map(own);
  for (const [value, count] of more) sum.set(value, (sum.get(value) ?? 0) + count);
  return sum;
}
