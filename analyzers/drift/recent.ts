import { mergeSamples, type Sample } from './sample.ts';

/** Consecutive windows kept together. */
export interface Stretch {
  /** Start of the first window, ISO 8601. */
  readonly since: string;
  readonly windows: number;
  readonly sample: Sample;
}

/** Stretches, the newest first: the last windows singly, older ones in pairs, fours and so on. */
export type Recent = readonly Stretch[];

/** Two stretches of each length keep every change point since then within a factor of two. */
const SAME_LENGTH_MAX = 2;
/** Windows in the longest stretch: some 30 to 50 windows are remembered, in at most a dozen stretches. */
const STRETCH_WINDOWS_MAX = 16;

/** Adds the newest window; when a length is full, its two oldest stretches become one of twice the length. */
export function remember(recent: Recent, window: { since: Date; sample: Sample }): Recent {
  const stretches: Stretch[] = [
    { since: window.since.toISOString(), windows: 1, sample: window.sample },
    ...recent,
  ];
  for (let length = 1; length <= STRETCH_WINDOWS_MAX; length *= 2) {
    const same = stretches.filter(({ windows }) => windows === length).length;
    if (same <= SAME_LENGTH_MAX + (length === 1 ? 1 : 0)) break;
    const oldest = stretches.findLastIndex(({ windows }) => windows === length);
    if (length === STRETCH_WINDOWS_MAX) {
      stretches.splice(oldest, 1);
      break;
    }
    const [newer, older] = stretches.slice(oldest - 1, oldest + 1);
    if (!newer || !older) break;
    stretches.splice(oldest - 1, 2, {
      since: older.since,
      windows: 2 * length,
      sample: mergeSamples(newer.sample, older.sample),
    });
  }
  return stretches;
}

/** Every stretch of time that ends now and starts where a remembered one does, shortest first. */
export function suffixes(recent: Recent): Stretch[] {
  const found: Stretch[] = [];
  for (const { since, windows, sample } of recent) {
    const newer = found.at(-1);
    found.push({
      since,
      windows: windows + (newer?.windows ?? 0),
      sample: newer ? mergeSamples(newer.sample, sample) : sample,
    });
  }
  return found;
}
