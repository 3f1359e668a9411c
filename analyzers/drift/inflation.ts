import { BET_LOG_ODDS, type Bet, stakeOf } from './bet.ts';

/** How the rows of a window hang together. */
export interface Dependence {
  readonly rows: number;
  /** Rows in the session of an average row, Σ n_j² / Σ n_j; at least 1. */
  readonly sessionRows: number;
  /** Correlation of two rows of a session, in [0, 1]. */
  readonly correlation: number;
}

/** Variance of a window's sum over what independent rows would give: 1 + (n* − 1) ρ, Kish's; exactly 1 of those. */
export function designEffect({ sessionRows, correlation }: Omit<Dependence, 'rows'>): number {
  return 1 + Math.max(0, sessionRows - 1) * correlation;
}

/**
 * What log L of a window is divided by for each size of change, φ, so that E[L^(1/φ)] ≤ 1 although rows depend on each other.
 *
 * Why a power: for a small stake λ, log L ≈ Σ λ(x − m) − λ² σ² / 2 per row. If the sum has φ times the variance that
 * independent rows give, E[exp(log L / φ)] = 1 to second order at just this φ, the design effect. Exact at both ends:
 * φ = 1 of independent rows; φ = s where the s rows of a session are one row s times, or, whatever their dependence,
 * since a geometric mean of e-values is at most their arithmetic mean. Between the two a large stake also feels
 * higher moments, and the design effect is too small: a session of refusals is a jackpot for the bet on eleven times
 * the odds. So φ grows until E[L^(1/φ)] ≤ 1 holds in the lumpiest law with these two moments: with chance ρ all rows of
 * a session are equal, otherwise independent; scores have two points (shares) or are uniform (ranks: mid-ranks of ties are less spread out). That law is what is approximate, with
 * sessions of one size n*.
 *
 * @returns one per size of change, each at least the design effect
 */
export function inflations(bet: Bet, dependence: Dependence): number[] {
  const effect = designEffect(dependence);
  if (effect === 1) return BET_LOG_ODDS.map(() => 1);
  return excesses(bet, dependence).map((excess) => effect * excess);
}

const EXCESSES = new Map<number, readonly number[]>();
/** Some 200 bytes each. */
const EXCESSES_MAX = 50_000;

/** φ over the design effect: the larger of those at the two neighbours on a coarse grid, which many streams share. */
function excesses(bet: Bet, dependence: Dependence): number[] {
  const { rows, sessionRows, correlation } = dependence;
  const steps = [rows, sessionRows, correlation].map(gridStep);
  const odds = 4 * Math.log(bet.limit / (1 - bet.limit));
  const above = excessesAt({ isShare: bet.isShare, odds: Math.ceil(odds), steps: steps.map(Math.ceil) });
  const below = excessesAt({ isShare: bet.isShare, odds: Math.floor(odds), steps: steps.map(Math.floor) });
  return above.map((excess, size) => Math.max(excess, below[size] ?? 1));
}

function excessesAt(at: { isShare: boolean; odds: number; steps: readonly number[] }): readonly number[] {
  const key = at.steps.reduce((sum, step) => sum * 256 + step, 2 * (at.odds + 64) + (at.isShare ? 1 : 0));
  const known = EXCESSES.get(key);
  if (known) return known;
  const [rows = 1, sessionRows = 1, correlation = 0] = at.steps.map(gridValue);
  const limit = 1 / (1 + Math.exp(-at.odds / 4));
  const lumps = {
    limit,
    isShare: at.isShare,
    rows,
    sessionRows,
    correlation: Math.min(1, correlation),
  };
  const found = BET_LOG_ODDS.map((size) => excessOf({ ...lumps, stake: stakeOf(limit, size) }));
  if (EXCESSES.size >= EXCESSES_MAX) EXCESSES.clear();
  EXCESSES.set(key, found);
  return found;
}

/** Three steps per octave, from 2^-20 to beyond any number of rows; 0 below. */
function gridStep(value: number): number {
  return value <= GRID_MIN ? 0 : Math.min(255, 3 * Math.log2(value / GRID_MIN) + 1);
}

function gridValue(step: number): number {
  return step === 0 ? 0 : GRID_MIN * 2 ** ((step - 1) / 3);
}

const GRID_MIN = 2 ** -20;

interface Lumps extends Dependence {
  readonly limit: number;
  readonly isShare: boolean;
  readonly stake: number;
}

/** Steps of a twentieth, then of a quarter: a hundredfold excess is found in some fifty. */
function excessOf(lumps: Lumps): number {
  const effect = designEffect(lumps);
  let excess = 1;
  for (let step = 0; step < 80; step++) {
    if (expectation(lumps, effect * excess) <= 1) return excess;
    excess *= step < 30 ? 1.05 : 1.25;
  }
  return excess;
}

/** E[L^(1/φ)] of a window of the lumpiest law; may be infinite. */
function expectation(lumps: Lumps, inflation: number): number {
  const { rows, sessionRows, correlation } = lumps;
  const size = Math.max(1, Math.min(sessionRows, rows));
  const apart = moment(lumps, 1 / inflation) ** size;
  const together = moment(lumps, size / inflation);
  return ((1 - correlation) * apart + correlation * together) ** (rows / size);
}

/** E[(1 + λ(x − m))^power] of a score x whose mean is the limit m. */
function moment({ limit, stake, isShare }: Lumps, power: number): number {
  if (isShare) return limit * (1 + stake * (1 - limit)) ** power + (1 - limit) * (1 - stake * limit) ** power;
  const [low, high] = limit > 0.5 ? [2 * limit - 1, 1] : [0, 2 * limit];
  const at = (x: number) => (1 + stake * (x - limit)) ** (power + 1);
  return (at(high) - at(low)) / (stake * (power + 1) * (high - low));
}
