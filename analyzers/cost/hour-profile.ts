const DAY_HOURS = 24;
const WEEK_HOURS = 168;
/** Weeks that weigh as much as the plain workday or weekend day: two Mondays would else take two odd days for a habit. */
const WEEKS_PRIOR = 6;

/** A quantity by hour, oldest first, without gaps. */
export interface HourSeries {
  /** Start of the first hour. */
  readonly since: Date;
  /** Not negative; NaN is an hour of which nothing is known. */
  readonly values: readonly number[];
}

/**
 * Factor of each of the 168 hours of the week (UTC, Monday 0:00 first), 1 on average: the mean of that hour shrunk to the
 * mean of its hour of the day on workdays or weekends, and that to 1 where a day or less is known.
 */
export function hourProfile({ since, values }: HourSeries): readonly number[] {
  const overall = meanOf(values.filter((value) => !Number.isNaN(value)));
  if (overall === 0) return Array.from({ length: WEEK_HOURS }, () => 1);
  const first = hourOfWeek(since);
  const parts = groups(values, (index) => partOf((first + index) % WEEK_HOURS));
  const hours = groups(values, (index) => (first + index) % WEEK_HOURS);
  const raw = Array.from({ length: WEEK_HOURS }, (_, hour) => {
    const part = parts.get(partOf(hour)) ?? [];
    const partMean = shrunk(part, overall, 1);
    return shrunk(hours.get(hour) ?? [], partMean, WEEKS_PRIOR) / overall;
  });
  const scale = meanOf(raw);
  return raw.map((factor) => factor / scale);
}

/** Hour of the week, in UTC, of an instant: 0 is Monday 0:00. */
export function hourOfWeek(at: Date): number {
  return ((at.getUTCDay() + 6) % 7) * DAY_HOURS + at.getUTCHours();
}

/** Whether an hour of the week lies on Saturday or Sunday. */
export const isWeekend = (hour: number): boolean => hour >= 5 * DAY_HOURS;

const partOf = (hour: number): number => (isWeekend(hour) ? DAY_HOURS : 0) + (hour % DAY_HOURS);

const shrunk = (values: readonly number[], to: number, weight: number): number =>
  (values.reduce((sum, value) => sum + value, 0) + weight * to) / (values.length + weight);

const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

function groups(values: readonly number[], groupOf: (index: number) => number): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const [index, value] of values.entries()) {
    if (Number.isNaN(value)) continue;
    const group = groupOf(index);
    const known = found.get(group);
    if (known) known.push(value);
    else found.set(group, [value]);
  }
  return found;
}
