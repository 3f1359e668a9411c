/** One way the series may move, how likely the days make it, and what it says of the last day. */
interface Candidate {
  /** Of all candidates, up to and including this one; the last has 1. */
  readonly cumulative: number;
  /** Standard deviations a day, in logs: the level's own walk, and what comes and goes around it. */
  readonly walkSd: number;
  readonly noiseSd: number;
  /** Log level after the last day and growth a day, with their covariance. */
  readonly state: State;
}

interface State {
  readonly level: number;
  readonly growth: number;
  readonly levelVariance: number;
  readonly covariance: number;
  readonly growthVariance: number;
}

/** What is known of the level of a daily series in logs, and of how it moves on. */
export interface LevelModel {
  readonly days: number;
  readonly candidates: readonly Candidate[];
}

/** Below this many days nothing is known of how a level moves. */
export const DAYS_MIN = 3;
/** From a metered quantity that is all but constant to one that halves and doubles from day to day. */
const NOISE_SDS = [0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6];
const WALK_SDS = [0, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3];
/** Before anything is seen a growth of 2 % a day, doubling in five weeks, is as far as one in three goes. */
const GROWTH_SD = 0.02;
/** Nothing is known of the level before the first day. */
const LEVEL_VARIANCE = 100;
/** A growth is believed for as long as it was seen, then fades by this factor a day. */
const GROWTH_FADES = 0.95;

/**
 * A local level with growth (random walk plus drift plus noise) of a daily series in logs. The two variances are not
 * estimated but averaged over, each pair by its likelihood from the Kalman filter: with a fortnight of days the best pair
 * alone would claim to know more than it does.
 *
 * @param logs at least `DAYS_MIN` values, oldest first; NaN, not the first of them, is a day that nothing is known of
 * @see Harvey, "Forecasting, structural time series models and the Kalman filter" (1989), chapter 3
 */
export function fitLevel(logs: readonly number[]): LevelModel {
  const fits = NOISE_SDS.flatMap((noiseSd) =>
    WALK_SDS.map((walkSd) => ({ noiseSd, walkSd, ...filter(logs, { noiseSd, walkSd }) })),
  );
  const best = Math.max(...fits.map(({ logLikelihood }) => logLikelihood));
  const weights = fits.map(({ logLikelihood }) => Math.exp(logLikelihood - best));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let seen = 0;
  const candidates = fits.map(({ noiseSd, walkSd, state }, index) => {
    seen += (weights[index] ?? 0) / total;
    return { cumulative: seen, noiseSd, walkSd, state };
  });
  return { days: logs.length, candidates };
}

function filter(
  logs: readonly number[],
  { noiseSd, walkSd }: { noiseSd: number; walkSd: number },
): { state: State; logLikelihood: number } {
  let state: State = {
    level: logs[0] ?? 0,
    growth: 0,
    levelVariance: LEVEL_VARIANCE,
    covariance: 0,
    growthVariance: GROWTH_SD ** 2,
  };
  let logLikelihood = 0;
  for (const [day, log] of logs.entries()) {
    const before = day === 0 ? state : nextDay(state, walkSd);
    if (Number.isNaN(log)) {
      state = before;
      continue;
    }
    const variance = before.levelVariance + noiseSd ** 2;
    const surprise = log - before.level;
    logLikelihood -= 0.5 * (Math.log(variance) + surprise ** 2 / variance);
    const levelGain = before.levelVariance / variance;
    const growthGain = before.covariance / variance;
    state = {
      level: before.level + levelGain * surprise,
      growth: before.growth + growthGain * surprise,
      levelVariance: before.levelVariance * (1 - levelGain),
      covariance: before.covariance * (1 - levelGain),
      growthVariance: before.growthVariance - growthGain * before.covariance,
    };
  }
  return { state, logLikelihood };
}

function nextDay(state: State, walkSd: number): State {
  return {
    level: state.level + state.growth,
    growth: state.growth,
    levelVariance: state.levelVariance + 2 * state.covariance + state.growthVariance + walkSd ** 2,
    covariance: state.covariance + state.growthVariance,
    growthVariance: state.growthVariance,
  };
}

/**
 * One possible future of the series: logs of the next `days` days, with all that is not known of it drawn: how it moves,
 * where it is, how it grows.
 *
 * @param random uniform in [0, 1)
 */
export function drawFuture(model: LevelModel, days: number, random: () => number): number[] {
  const chosen = random();
  const one = model.candidates.find(({ cumulative }) => chosen < cumulative) ?? model.candidates.at(-1);
  if (!one) return [];
  const { state, walkSd, noiseSd } = one;
  const levelSd = Math.sqrt(Math.max(0, state.levelVariance));
  const levelDraw = gaussian(random);
  let level = state.level + levelSd * levelDraw;
  const tied = levelSd === 0 ? 0 : state.covariance / levelSd;
  const rest = Math.sqrt(Math.max(0, state.growthVariance - tied ** 2));
  let growth = state.growth + tied * levelDraw + rest * gaussian(random);
  const future: number[] = [];
  for (let day = 0; day < days; day++) {
    level += growth + walkSd * gaussian(random);
    if (day >= model.days) growth *= GROWTH_FADES;
    future.push(level + noiseSd * gaussian(random));
  }
  return future;
}

/** A standard normal draw (Box and Muller, 1958). */
export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
