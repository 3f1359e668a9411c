import { seededRandom } from '../../core/seeded-random.ts';
import { type HourSeries, hourOfWeek, hourProfile } from './hour-profile.ts';
import { DAYS_MIN, drawFuture, fitLevel } from './level-model.ts';
import { type Forecast, forecastOf, quantileOf } from './quantile.ts';

export interface HeadRoom {
  /** Demand of the busiest of the next seven days, as a share of what the knee carries: 1 is none left. */
  readonly used: Forecast;
  /** Days until the daily peak reaches the knee: null where fewer than that share of futures reach it in `DAYS_AHEAD`. */
  readonly daysLeft: {
    readonly value: number | null;
    readonly low: number | null;
    readonly high: number | null;
  };
}

/** What the busiest minutes of each day asked for (output tokens a second), oldest first, without gaps. */
export interface DailyPeaks {
  /** Midnight, UTC, of the first day. */
  readonly since: Date;
  /** 0: a day that is not known, or on which nobody asked. */
  readonly values: readonly number[];
}

/** Capacity is bought in weeks to months: farther ahead nothing is planned on a trend. */
export const DAYS_AHEAD = 90;
const DAYS_OF_WEEK = 7;
const HOUR_MS = 3_600_000;
const FUTURES = 1_000;
const SEED = 60_606;

/**
 * How long the capacity lasts if demand goes on as it has: the daily peak as a shape of the week, as spend has one, on a
 * walk with growth; drawn against a knee that is not certain either.
 *
 * @returns null with fewer than three days of demand
 */
export function headRoom(peaks: DailyPeaks, knee: Forecast): HeadRoom | null {
  const { since, values } = fromFirst(peaks);
  if (values.filter((peak) => peak > 0).length < DAYS_MIN) return null;
  const factors = dayFactors({ since, values });
  const factorOf = (day: number): number => factors[day % DAYS_OF_WEEK] ?? 1;
  const model = fitLevel(values.map((peak, day) => Math.log(peak / factorOf(day))));
  const random = seededRandom(SEED);
  const used: number[] = [];
  const days: number[] = [];
  for (let draw = 0; draw < FUTURES; draw++) {
    const carried = drawKnee(knee, random);
    const future = drawFuture(model, DAYS_AHEAD, random).map(
      (log, day) => Math.exp(log) * factorOf(values.length + day),
    );
    used.push(Math.max(...future.slice(0, DAYS_OF_WEEK)) / carried);
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

/** Without the days before anybody asked; those without demand after it are NaN. */
function fromFirst({ since, values }: DailyPeaks): DailyPeaks {
  const first = Math.max(
    0,
    values.findIndex((peak) => peak > 0),
  );
  return {
    since: new Date(since.getTime() + first * 24 * HOUR_MS),
    values: values.slice(first).map((peak) => (peak > 0 ? peak : Number.NaN)),
  };
}

/** Factor of each day of the week, the first day's first: the profile of hours (hour-profile.ts) of days that are even. */
function dayFactors({ since, values }: DailyPeaks): number[] {
  const hours: HourSeries = { since, values: values.flatMap((peak) => Array<number>(24).fill(peak)) };
  const profile = hourProfile(hours);
  const first = hourOfWeek(since);
  return Array.from({ length: DAYS_OF_WEEK }, (_, day) => profile[(first + day * 24) % profile.length] ?? 1);
}

/** Between the limits evenly in logs, on either side of the value: all that an interval says. */
function drawKnee({ value, low, high }: Forecast, random: () => number): number {
  const share = random();
  const [from, to] = share < 0.5 ? [low, value] : [value, high];
  const top = Number.isFinite(to) ? to : from * 4;
  return from * (top / from) ** (2 * (share < 0.5 ? share : share - 0.5));
}
