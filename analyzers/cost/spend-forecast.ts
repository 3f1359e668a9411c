import { seededRandom } from '../../core/seeded-random.ts';
import { type HourSeries, hourOfWeek, hourProfile, isWeekend } from './hour-profile.ts';
import { DAYS_MIN, drawFuture, fitLevel, gaussian, type LevelModel } from './level-model.ts';
import { type Forecast, forecastOf, quantileOf } from './quantile.ts';

export interface SpendForecast {
  readonly spent: number;
  /** Spend of the whole period at its end. */
  readonly total: Forecast;
  /** Share of futures in which the period ends above the limit. */
  readonly chanceOver: number;
  /** When the limit is reached; null where fewer than half of the futures (for a limit: 5 %, 95 %) reach it in the period. */
  readonly exhaustedAt: {
    readonly value: Date | null;
    readonly low: Date | null;
    readonly high: Date | null;
  };
}

export interface SpendPeriod {
  /** Half-open period [since, until) of the limit; `now` lies in it. */
  readonly since: Date;
  readonly until: Date;
  readonly now: Date;
  readonly limit: number;
}

/** Hours of history without which nothing is said: three whole days. */
export const HISTORY_HOURS_MIN = DAYS_MIN * 24;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Futures drawn: the error of a 5 % limit is about a fifth of a standard deviation of a tenth. */
const FUTURES = 1_000;
const SEED = 20_261;
/** Of the factor, in logs, between workdays and weekends while only one of them was seen: half, or the double. */
const UNSEEN_SD = 0.7;

/**
 * How the spend of a period will end: the shape of the week from the history, its level as a walk with noise and growth,
 * and a thousand futures drawn from it, the same ones for the same history.
 *
 * @param history whole hours up to `now`; what was before the period teaches shape and level
 * @param spent of the period so far
 * @returns null with less than three days of history
 */
export function forecastSpend(
  history: HourSeries,
  spent: number,
  { until, now, limit }: SpendPeriod,
): SpendForecast | null {
  const learned = learn(history);
  if (!learned) return null;
  const hours = Math.max(0, Math.ceil((until.getTime() - now.getTime()) / HOUR_MS));
  const random = seededRandom(SEED);
  const futures = Array.from({ length: FUTURES }, () =>
    drawPeriod(learned, { first: hourOfWeek(now), hours, spent, limit, random }),
  );
  const totals = futures.map(({ total }) => total);
  const reached = futures.map(({ reachedHour }) => reachedHour);
  totals.sort((a, b) => a - b);
  reached.sort((a, b) => a - b);
  const instant = (share: number): Date | null => {
    const hour = quantileOf(reached, share);
    return Number.isFinite(hour) ? new Date(now.getTime() + hour * HOUR_MS) : null;
  };
  return {
    spent,
    total: forecastOf(totals),
    chanceOver: totals.filter((total) => total > limit).length / FUTURES,
    exhaustedAt: { value: instant(0.5), low: instant(0.05), high: instant(0.95) },
  };
}

interface Learned {
  readonly model: LevelModel;
  readonly profile: readonly number[];
  readonly unseen: 'weekend' | 'workdays' | null;
}

/** One future of the rest of a period: what it ends at, and after how many hours the limit is reached. */
function drawPeriod(
  { model, profile, unseen }: Learned,
  period: { first: number; hours: number; spent: number; limit: number; random: () => number },
): { total: number; reachedHour: number } {
  const { first, hours, spent, limit, random } = period;
  const days = drawFuture(model, Math.ceil(hours / 24) + 1, random);
  const unseenFactor = unseen === null ? 1 : Math.exp(UNSEEN_SD * gaussian(random));
  let total = spent;
  let reachedHour = spent >= limit ? 0 : Number.POSITIVE_INFINITY;
  for (let hour = 0; hour < hours; hour++) {
    const ofWeek = (first + hour) % 168;
    const isUnseen = unseen !== null && isWeekend(ofWeek) === (unseen === 'weekend');
    const level = Math.exp(days[Math.floor(hour / 24)] ?? 0) / 24;
    total += level * (profile[ofWeek] ?? 1) * (isUnseen ? unseenFactor : 1);
    if (total >= limit && reachedHour === Number.POSITIVE_INFINITY) reachedHour = hour + 1;
  }
  return { total, reachedHour };
}

/** Level and week of an hourly series, from its whole days; null with fewer than three of them. */
export function learn(history: HourSeries): Learned | null {
  const days = Math.floor(history.values.length / 24);
  if (days < DAYS_MIN) return null;
  const skipped = history.values.length - days * 24;
  const since = new Date(history.since.getTime() + skipped * HOUR_MS);
  const values = history.values.slice(skipped);
  const profile = hourProfile({ since, values });
  const logs = Array.from({ length: days }, (_, day) => dayLog({ since, values, profile }, day));
  return { model: fitLevel(withoutSilence(logs)), profile, unseen: unseenPart(since, values.length) };
}

/** Which part of the week a history has not a whole day of. */
function unseenPart(since: Date, hours: number): Learned['unseen'] {
  const first = hourOfWeek(since);
  const weekend = Array.from({ length: Math.min(hours, 168) }, (_, hour) =>
    isWeekend((first + hour) % 168),
  ).filter(Boolean).length;
  if (weekend < 24) return 'weekend';
  return Math.min(hours, 168) - weekend < 24 ? 'workdays' : null;
}

/** Log of a day's level: its sum over what its hours have by the week's shape, as a sum of 24 plain hours. */
function dayLog(
  { since, values, profile }: HourSeries & { profile: readonly number[] },
  day: number,
): number {
  const first = hourOfWeek(new Date(since.getTime() + day * DAY_MS));
  let [sum, expected] = [0, 0];
  for (let hour = 0; hour < 24; hour++) {
    sum += values[day * 24 + hour] ?? 0;
    expected += profile[(first + hour) % 168] ?? 1;
  }
  return sum > 0 && expected > 0 ? Math.log((sum * 24) / expected) : Number.NEGATIVE_INFINITY;
}

/** A day without any spend counts as a hundredth of the smallest other: a walk in logs knows no zero. */
function withoutSilence(logs: readonly number[]): number[] {
  const finite = logs.filter(Number.isFinite);
  const floor = finite.length === 0 ? Math.log(1e-12) : Math.min(...finite) - Math.log(100);
  return logs.map((log) => (Number.isFinite(log) ? log : floor));
}
