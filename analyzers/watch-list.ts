import { streamName } from '../core/finding.ts';
import type { JudgedStream } from '../core/stream-store.ts';
import type { StreamSize } from '../core/window.ts';

/** Which streams of a window are judged. */
export interface WatchList {
  readonly judged: readonly StreamSize[];
  /** What there was no room for. */
  readonly leftOut: { readonly streams: number; readonly signals: number };
}

/**
 * The streams of a window that are judged, so that their signals, with those of streams that are judged already, are at
 * most `signalsMax`. A whole model is always judged. Of its segments, those that are judged stay; then come those with most
 * inferences. One that is left out is asked for again with every window.
 *
 * @param found the whole of each model first, then by inferences, most first
 * @param known streams judged lately, in this window or not, by name
 */
export function watchList(
  found: readonly StreamSize[],
  known: ReadonlyMap<string, JudgedStream>,
  signalsMax: number,
): WatchList {
  const isKept = ({ key }: StreamSize) => key.segment === '' || known.has(streamName(key));
  const newWhole = found.filter(({ key }) => key.segment === '' && !known.has(streamName(key)));
  let free = signalsMax - signalsOf([...known.values()].map(({ signals }) => signals.length));
  free -= signalsOf(newWhole.map(({ signals }) => signals));
  const judged: StreamSize[] = [];
  const leftOut = { streams: 0, signals: 0 };
  for (const stream of found) {
    const isNew = !isKept(stream);
    if (isNew && stream.signals > free) {
      leftOut.streams++;
      leftOut.signals += stream.signals;
      continue;
    }
    if (isNew) free -= stream.signals;
    judged.push(stream);
  }
  return { judged, leftOut };
}

const signalsOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);
