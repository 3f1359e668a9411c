import { sessionBin } from '../../core/grid.ts';
import type { Histogram } from '../../core/summary.ts';
import type { SessionSums } from '../../core/window.ts';
import type { Dependence } from './inflation.ts';

/** What windows have shown of the correlation of rows within a session; adds up over windows. */
export interface SessionMoments {
  /** Pairs of rows of one session, in both orders, as far as they tell of correlation. */
  readonly pairs: number;
  /** Sum over those pairs of the product of deviations from the window's mean, over the variance of a row. */
  readonly products: number;
}

export const NO_SESSIONS: SessionMoments = { pairs: 0, products: 0 };

/** Rows in the session of an average row, Σ n_j² / Σ n_j; 1 where nothing is known of sessions. */
export function sessionRowsOf(sums: Pick<SessionSums, 'rows' | 'squares'> | undefined, rows: number): number {
  return sums && sums.rows > 0 && rows > 0 ? Math.min(rows, Math.max(1, sums.squares / sums.rows)) : 1;
}

/**
 * Adds a window's pairs. Deviations are from the window's own mean, so that neither season nor what a window has in
 * common counts as correlation of a session; what that takes away is given back: with independent rows the products
 * have mean 0.
 *
 * @see one-way analysis of variance; Σ_j (B_j − n_j μ)² over the squares within is the design effect by itself
 */
export function addSessions(
  moments: SessionMoments,
  sums: SessionSums | undefined,
  bins: Histogram,
): SessionMoments {
  if (!sums) return moments;
  let [rows, total, squares] = [0, 0, 0];
  for (const [bin, count] of bins) {
    rows += count;
    total += count * sessionBin(bin);
  }
  const mean = total / rows;
  for (const [bin, count] of bins) squares += count * (sessionBin(bin) - mean) ** 2;
  const size = sessionRowsOf(sums, rows);
  // Deviations are from a mean that the rows themselves have moved.
  const free = sums.rows * (1 - size / rows);
  const pairs = (size - 1) * free;
  if (!(pairs > 0 && squares > 0)) return moments;
  const between = sums.binSquares - 2 * mean * sums.rowsTimesBins + mean * mean * sums.squares;
  const variance = squares / (rows - 1);
  const products = between / variance - free;
  if (!Number.isFinite(products)) return moments;
  return { pairs: round(moments.pairs + pairs), products: round(moments.products + products) };
}

/** Correlation of two turns of a conversation before anything is known, as so many pairs. */
const PRIOR = { correlation: 0.05, pairs: 200 };
/** One-sided 5 %. */
const LIMIT_Z = 1.645;

/**
 * Upper limit of the correlation within a session, in [0, 1].
 *
 * @param sessionRows rows in the session of an average row, which a correlation makes products vary by
 */
export function correlationLimit({ pairs, products }: SessionMoments, sessionRows: number): number {
  const together = pairs + PRIOR.pairs;
  const middle = Math.max(0, (products + PRIOR.pairs * PRIOR.correlation) / together);
  const deviation = Math.sqrt(2 / together) * (1 + (sessionRows - 1) * middle);
  return Math.min(1, middle + LIMIT_Z * deviation);
}

/** How rows hang together in sessions of that size, by what windows have shown of their correlation: its upper limit. */
export function dependenceOf(sessionRows: number, moments: SessionMoments): Omit<Dependence, 'rows'> {
  return { sessionRows, correlation: sessionRows > 1 ? correlationLimit(moments, sessionRows) : 0 };
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}
