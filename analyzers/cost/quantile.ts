/** A number that is not known yet: its median and the limits of an interval. */
export interface Forecast {
  readonly value: number;
  /** 5 % of futures lie below, 5 % above. */
  readonly low: number;
  readonly high: number;
}

/** The value with a share of the others below it, by rank. @param ascending not empty; infinite values come last */
export function quantileOf(ascending: readonly number[], share: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
}

/** Median and limits of drawn futures. @param ascending not empty */
export function forecastOf(ascending: readonly number[]): Forecast {
  return {
    value: quantileOf(ascending, 0.5),
    low: quantileOf(ascending, 0.05),
    high: quantileOf(ascending, 0.95),
  };
}
