import { seededRandom } from '../../core/seeded-random.ts';
import { DAYS_MIN, drawFuture, fitLevel } from './level-model.ts';
import { type Forecast, forecastOf, quantileOf } from './quantile.ts';

export interface HeadRoom {
  /** Demand of the latest busy days, as a share of what the knee carries: 1 is none left. */
  readonly used: Forecast;
  /** Days until the daily peak reaches the knee: null where fewer than that share of futures reach it in `DAYS_AHEAD`. */
  readonly daysLeft: {
    readonly value: number | null;
    readonly low: number | null;
    readonly high: number | null;
  };
}

/** Capacity is bought in weeks to months: farther ahead nothing is planned on a trend. */
export const DAYS_AHEAD = 90;
const FUTURES = 1_000;
const SEED = 60_606;

/**
 * How long the capacity lasts if demand goes on as it has: the daily peak as a walk with growth, drawn against a knee that
 * is not certain either.
 *
 * @param peaks the busiest minutes' demand (output tokens a second) of each whole day, oldest first
 * @returns null with fewer than three days
 */
export function headRoom(peaks: readonly number[], knee: Forecast): HeadRoom | null {
  const seen = peaks.filter((peak) => peak > 0);
  if (seen.length < DAYS_MIN) return null;
  const model = fitLevel(seen.map(Math.log));
  const random = seededRandom(SEED);
  const used: number[] = [];
  const days: number[] = [];
  for (let draw = 0; draw < FUTURES; draw++) {
    const carried = drawKnee(knee, random);
    const future = drawFuture(model, DAYS_AHEAD, random).map(Math.exp);
    used.push((future[0] ?? 0) / carried);
    const reached = future.findIndex((peak) => peak >= carried);
    days.push(reached < 0 ? Number.POSITIVE_INFINITY : reached + 1);
  }
  used.sort((a, b) => a - b);
  days.sort((a, b) => a - b);
  const day = (share: number): number | null => {
    const found = quantileOf(days, share);
    return Number.isFinite(found) ? found : null;
  };
  return {
    used: forecastOf(used),
    daysLeft: { value: day(0.5), low: day(0.05), high: day(0.95) },
  };
}

/** Between the limits evenly in logs, on either side of the value: all that an interval says. */
function drawKnee({ value, low, high }: Forecast, random: () => number): number {
  const share = random();
  const [from, to] = share < 0.5 ? [low, value] : [value, high];
  const top = Number.isFinite(to) ? to : from * 4;
  return from * (top / from) ** (2 * (share < 0.5 ? share : share - 0.5));
}
