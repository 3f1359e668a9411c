import { sessionBin } from '../../core/grid.ts';
import { summarize } from '../../core/summary.ts';
import type { SessionSums } from '../../core/window.ts';

export const HOUR = 3_600_000;
export const WEEK = 168;
/** A Monday. */
export const START = Date.UTC(2026, 0, 5);

/** One signal of one stream in windows of an hour. */
export interface World {
  readonly rows: number;
  /** Share of ones, or mean of a normal score with deviation 1, in an hour since the start. */
  readonly levelAt: (hour: number) => number;
  readonly kind: 'refusal' | 'latency_ms';
  readonly sessionRows?: number;
  /** Chance that all rows of a session are equal. */
  readonly correlation?: number;
}

export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The window that begins so many hours after the start. */
export function windowOf(world: World, hour: number, random: () => number) {
  const level = world.levelAt(hour);
  const draw = () =>
    world.kind === 'refusal' ? (random() < level ? 1 : 0) : 1000 * Math.exp(0.5 * (level + normal(random)));
  const size = world.sessionRows ?? 1;
  const values: number[] = [];
  const sums = { rows: 0, squares: 0, binSquares: 0, rowsTimesBins: 0 };
  while (values.length < world.rows) {
    const first = draw();
    const isLump = random() < (world.correlation ?? 0);
    const session = Array.from({ length: size }, (_, row) => (row === 0 || isLump ? first : draw()));
    values.push(...session);
    const bins = [...summarize(session).bins].reduce((sum, [bin, count]) => sum + sessionBin(bin) * count, 0);
    sums.rows += size;
    sums.squares += size * size;
    sums.binSquares += bins * bins;
    sums.rowsTimesBins += size * bins;
  }
  const since = new Date(START + hour * HOUR);
  return {
    summaries: new Map([[world.kind, summarize(values)]]),
    window: {
      since,
      until: new Date(since.getTime() + HOUR),
      rows: values.length,
      sessions: new Map<string, SessionSums>([[world.kind, sums]]),
    },
  };
}

export const constant = (level: number) => (): number => level;
