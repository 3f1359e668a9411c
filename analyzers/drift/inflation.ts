import { BET_LOG_ODDS, type Bet, stakeOf } from './bet.ts';

/** How the rows of a window hang together. */
export interface Dependence {
  readonly rows: number;
  /** Rows in the session of an average row, Σ n_j² / Σ n_j; at least 1. */
  readonly sessionRows: number;
  /** Correlation of two rows of a session, in [0, 1]. */
  readonly correlation: number;
  /** Variance of the window's own mean over the variance of a row. */
  readonly betweenRatio: number;
}

/**
 * Variance of a window's sum over what independent rows would give, per row: 1 + (n* − 1) ρ + n r (Kish's design
 * effect, and what windows have in common); exactly 1 of independent rows.
 */
export function designEffect({ rows, sessionRows, correlation, betweenRatio }: Dependence): number {
  return 1 + Math.max(0, sessionRows - 1) * correlation + rows * betweenRatio;
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
 * a session are equal, otherwise independent; the window's mean is moved up or down by √(r σ²); scores have two
 * points (shares) or are uniform (ranks: mid-ranks of ties are less spread out). That law is what is approximate, with
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
  const { rows, sessionRows, correlation, betweenRatio } = dependence;
  const steps = [rows, sessionRows, correlation, betweenRatio].map(gridStep);
  const odds = 4 * Math.log(bet.limit / (1 - bet.limit));
  const above = excessesAt({ isShare: bet.isShare, odds: Math.ceil(odds), steps: steps.map(Math.ceil) });
  const below = excessesAt({ isShare: bet.isShare, odds: Math.floor(odds), steps: steps.map(Math.floor) });
  return above.map((excess, size) => Math.max(excess, below[size] ?? 1));
}

function excessesAt(at: { isShare: boolean; odds: number; steps: readonly number[] }): readonly number[] {
  const key = at.steps.reduce((sum, step) => sum * 256 + step, 2 * (at.odds + 64) + (at.isShare ? 1 : 0));
  const known = EXCESSES.get(key);
  if (known) return known;
  const [rows = 1, sessionRows = 1, correlation = 0, betweenRatio = 0] = at.steps.map(gridValue);
  const limit = 1 / (1 + Math.exp(-at.odds / 4));
  const lumps = {
    limit,
    isShare: at.isShare,
    rows,
    sessionRows,
    correlation: Math.min(1, correlation),
    betweenRatio,
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
  const { rows, sessionRows, correlation, limit, isShare, betweenRatio } = lumps;
  const size = Math.max(1, Math.min(sessionRows, rows));
  const sd = Math.sqrt(betweenRatio * (isShare ? limit * (1 - limit) : 1 / 12));
  return shifted(limit, sd).reduce((sum, { mean, chance }) => {
    const apart = moment(lumps, mean, 1 / inflation) ** size;
    const together = moment(lumps, mean, size / inflation);
    return sum + chance * ((1 - correlation) * apart + correlation * together) ** (rows / size);
  }, 0);
}

/** Two points with mean and deviation; where one would leave [0, 1] it stays at the end and the other goes further. */
function shifted(mean: number, sd: number): { mean: number; chance: number }[] {
  if (sd <= mean && sd <= 1 - mean) {
    return [
      { mean: mean - sd, chance: 0.5 },
      { mean: mean + sd, chance: 0.5 },
    ];
  }
  const isLow = mean < 0.5;
  const edge = isLow ? mean : 1 - mean;
  const far = Math.min(1, edge + (sd * sd) / edge);
  const chance = edge / far;
  return [
    { mean: isLow ? 0 : 1, chance: 1 - chance },
    { mean: isLow ? far : 1 - far, chance },
  ];
}

/** E[(1 + λ(x − m))^power] of a score x whose mean is `mean`. */
function moment({ limit, stake, isShare }: Lumps, mean: number, power: number): number {
  const won = 1 + stake * (1 - limit);
  const lost = 1 - stake * limit;
  if (isShare) return mean * won ** power + (1 - mean) * lost ** power;
  // Uniform with mean `limit`, and as much of it moved to an end as moves its mean.
  const [low, high] = limit > 0.5 ? [2 * limit - 1, 1] : [0, 2 * limit];
  const at = (x: number) => (1 + stake * (x - limit)) ** (power + 1);
  const uniform = (at(high) - at(low)) / (stake * (power + 1) * (high - low));
  const end = mean > limit ? high : low;
  const moved = Math.min(1, Math.abs(mean - limit) / Math.abs(end - limit));
  return (1 - moved) * uniform + moved * (1 + stake * (end - limit)) ** power;
}
