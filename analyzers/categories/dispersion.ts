import type { SessionSums } from '../../core/window.ts';
import { designEffect, inflations } from '../drift/inflation.ts';
import { sessionRowsOf } from '../drift/sessions.ts';
import { contingency, sumOf } from './contingency.ts';
import type { Counts } from './counts.ts';
import {
  addMixSessions,
  type MixSessions,
  mixCorrelationLimit,
  NO_MIX_SESSIONS,
  usualSessionRows,
} from './mix-sessions.ts';

/** How the counts of a mix vary while nothing changes; learned from calm windows. JSON. */
export interface Dispersion {
  readonly sessions: MixSessions;
  /** Stretches of 1, 2, 4 … windows against those that follow them. */
  readonly scales: readonly Scale[];
}

interface Scale {
  /** Σ χ² and Σ df of such pairs. */
  readonly chiSquared: number;
  readonly df: number;
  /** Rows per bin of a stretch that waits for the one that follows; null: none does. */
  readonly waiting: readonly number[] | null;
}

export const NO_DISPERSION: Dispersion = { sessions: NO_MIX_SESSIONS, scales: [] };

const NO_SCALE: Scale = { chiSquared: 0, df: 0, waiting: null };
/** Stretches of up to 32 windows: some three hours of the usual five minutes, which few conversations outlast. */
const SCALES_MAX = 6;
/** Longer stretches of a day differ by its hours, of which course.ts speaks. */
const STRETCH_MS_MAX = 3 * 3_600_000;

/** How many lengths of stretches are looked at. @param windowMs null: windows of rows */
export function scalesFor(windowMs: number | null): number {
  if (windowMs === null) return SCALES_MAX;
  return 1 + Math.min(SCALES_MAX - 1, Math.max(0, Math.floor(Math.log2(STRETCH_MS_MAX / windowMs))));
}

/** Adds the sessions of a window. */
export const addSessionsOf = (
  dispersion: Dispersion,
  sums: SessionSums | undefined,
  counts: Counts,
): Dispersion => ({ ...dispersion, sessions: addMixSessions(dispersion.sessions, sums, counts) });

/**
 * Adds a window to the pairs of neighbours: the mix of each stretch against that of the one of the same length that follows it,
 * by χ². Independent rows give 1 per degree of freedom at every length, whatever the reference; sessions that go on from window
 * to window give the more the longer the stretch (Haar's wavelet variance).
 *
 * @param scales lengths that are looked at (scalesFor)
 * @param first place of the window's own length: 0, of 2^n windows that were put together n
 */
export function addNeighbours(
  dispersion: Dispersion,
  rows: readonly number[],
  { scales, first = 0 }: { readonly scales: number; readonly first?: number },
): Dispersion {
  const next = Array.from({ length: Math.max(scales, dispersion.scales.length) }, (_, place) => ({
    ...(dispersion.scales[place] ?? NO_SCALE),
  }));
  let carried: readonly number[] | null = rows;
  for (let place = Math.min(first, scales - 1); place < scales && carried; place++) {
    const scale: Scale = next[place] ?? NO_SCALE;
    const { waiting } = scale;
    if (!waiting) {
      next[place] = { ...scale, waiting: carried };
      break;
    }
    const { chiSquared, df } = contingency({ before: waiting, after: carried });
    next[place] = { chiSquared: round(scale.chiSquared + chiSquared), df: scale.df + df, waiting: null };
    carried = carried.map((count, bin) => count + (waiting[bin] ?? 0));
  }
  return { ...dispersion, scales: next };
}

/** Without what waits: after a gap, or in other bins. */
export const interrupted = ({ sessions, scales }: Dispersion): Dispersion => ({
  sessions,
  scales: scales.map((scale) => ({ ...scale, waiting: null })),
});

/** What stretches have shown, as if they were few: what comes from now on is soon more. */
export function faded({ sessions, scales }: Dispersion): Dispersion {
  const kept = Math.min(1, TAIL_DF / Math.max(1, added(scales).df));
  const less = (one: Scale) => ({
    ...one,
    chiSquared: round(kept * one.chiSquared),
    df: round(kept * one.df),
  });
  return { sessions, scales: scales.map(less) };
}

/** Rows that are independent, before anything is known. */
const PRIOR: Scale = { chiSquared: 5, df: 5, waiting: null };
/** Degrees of freedom below which a length of stretches says little beyond what all lengths say. */
const TAIL_DF = 20;

/**
 * φ ≥ 1 by stretches of windows: how much more counts vary than those of independent rows (Rao & Scott, 1984), by the length from
 * which on they vary the most, drawn towards what all say; one standard error up, since few windows tell little.
 */
export function windowsEffect({ scales }: Pick<Dispersion, 'scales'>): number {
  const all = added([PRIOR, ...scales]);
  const pooled = all.chiSquared / all.df;
  const tails = scales.map((_, from) => {
    const tail = added(scales.slice(from));
    return (tail.chiSquared + TAIL_DF * pooled) / (tail.df + TAIL_DF);
  });
  const isKnown = scales.some(({ df }) => df > 0);
  return isKnown ? Math.max(1, Math.max(pooled, ...tails) * (1 + Math.sqrt(2 / all.df))) : 1;
}

const added = (scales: readonly Scale[]) =>
  scales.reduce((sum, one) => ({ chiSquared: sum.chiSquared + one.chiSquared, df: sum.df + one.df }), {
    chiSquared: 0,
    df: 0,
  });

/** How the rows of one window of a mix hang together. */
export interface MixDependence {
  readonly rows: number;
  readonly sessionRows: number;
  /** φ ≥ 1 of the window's counts. */
  readonly effect: number;
}

/**
 * @param windowRows rows of the windows that were learned from: what windows add of their own grows with their size
 * @param sums of the window that is judged; without them, the usual sessions
 */
export function mixDependence(
  dispersion: Dispersion,
  at: {
    readonly reference: readonly number[];
    readonly rows: number;
    readonly windowRows: number;
    readonly sums?: SessionSums | undefined;
  },
): MixDependence {
  const { reference, rows, windowRows, sums } = at;
  const total = Math.max(1, sumOf(reference));
  const sessionRows = sums ? sessionRowsOf(sums, rows) : usualSessionRows(dispersion.sessions);
  const shares = reference.map((count) => count / total);
  const correlation = mixCorrelationLimit(dispersion.sessions, { shares, sessionRows });
  const ofWindows = 1 + (windowsEffect(dispersion) - 1) * Math.max(1, rows / Math.max(1, windowRows));
  return { rows, sessionRows, effect: Math.max(designEffect({ sessionRows, correlation }), ofWindows) };
}

/**
 * What log L is divided by for each size of change (drift/inflation.ts): the design effect as sessions of the known size
 * make it, or, where nobody told of them, sessions every other of which is of one category.
 *
 * @param limit largest share that counts as no change; of a score between 0 and 1, whose law is no more uneven, its mean
 */
export function mixInflations(limit: number, { rows, sessionRows, effect }: MixDependence): number[] {
  const size = Math.max(sessionRows, Math.min(rows, 2 * effect - 1));
  const correlation = size > 1 ? Math.min(1, (effect - 1) / (size - 1)) : 0;
  const rest = effect / designEffect({ sessionRows: size, correlation });
  const bet = { weight: 1, score: 0, isShare: true, isRise: true, limit };
  return inflations(bet, { rows, sessionRows: size, correlation }).map((one) => one * rest);
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}
