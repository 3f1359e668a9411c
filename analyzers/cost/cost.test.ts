import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { headRoom } from './head-room.ts';
import { hourOfWeek, hourProfile } from './hour-profile.ts';
import { gaussian } from './level-model.ts';
import { type CapacityPoint, saturation } from './saturation.ts';
import { forecastSpend } from './spend-forecast.ts';

const HOUR_MS = 3_600_000;
const MONDAY = new Date(Date.UTC(2026, 0, 5));
const hoursLater = (hours: number) => new Date(MONDAY.getTime() + hours * HOUR_MS);

/** Hourly spend with a shape of day and week, around a level that is given by day. */
function hourly(days: number, levelOf: (day: number) => number): number[] {
  return Array.from({ length: days * 24 }, (_, hour) => {
    const day = Math.floor(hour / 24);
    const ofDay = 1 + 0.6 * Math.sin(((hour - 8) / 24) * 2 * Math.PI);
    return (levelOf(day) / 24) * ofDay * (day % 7 >= 5 ? 0.5 : 1);
  });
}

describe('the shape of a week', () => {
  it('knows the hours of days that it saw often, and averages 1', () => {
    const profile = hourProfile({ since: MONDAY, values: hourly(70, () => 10) });
    expect(profile.reduce((sum, factor) => sum + factor, 0) / 168).toBeCloseTo(1, 10);
    const plain = hourly(7, () => 10);
    const mean = plain.reduce((sum, value) => sum + value, 0) / 168;
    for (const [hour, factor] of profile.entries())
      expect(Math.abs(factor - (plain[hour] ?? 0) / mean)).toBeLessThan(0.05);
  });

  it('is flat where nothing was spent, and counts hours from Monday', () => {
    expect(new Set(hourProfile({ since: MONDAY, values: Array(200).fill(0) }))).toEqual(new Set([1]));
    expect(hourOfWeek(MONDAY)).toBe(0);
    expect(hourOfWeek(hoursLater(-1))).toBe(167);
  });
});

describe('the forecast of spend', () => {
  const period = (days: number, limit: number, ahead = 14) => ({
    since: hoursLater(days * 24),
    now: hoursLater(days * 24),
    until: hoursLater((days + ahead) * 24),
    limit,
  });

  it('meets the end of a period that goes on as before, weekends at half price and all', () => {
    const values = hourly(42, () => 10);
    const found = forecastSpend({ since: MONDAY, values: values.slice(0, 28 * 24) }, 0, period(28, 1_000));
    const truth = values.slice(28 * 24).reduce((sum, value) => sum + value, 0);
    expect(found?.total.low).toBeLessThan(truth);
    expect(found?.total.high).toBeGreaterThan(truth);
    expect(Math.abs((found?.total.value ?? 0) / truth - 1)).toBeLessThan(0.05);
    expect(found?.chanceOver).toBe(0);
    expect(found?.exhaustedAt).toEqual({ value: null, low: null, high: null });
  });

  it('holds nine of ten outcomes, whatever moves the level', () => {
    let [inside, runs] = [0, 0];
    for (const [walk, noise, growth] of [
      [0, 0.15, 0],
      [0.05, 0.05, 0],
      [0.02, 0.08, 0.02],
    ] as const) {
      for (let seed = 1; seed <= 40; seed++) {
        const random = seededRandom(seed * 7_919);
        let log = Math.log(10);
        const levels = Array.from({ length: 49 }, () => {
          log += growth + walk * gaussian(random);
          return Math.exp(log + noise * gaussian(random));
        });
        const values = hourly(49, (day) => levels[day] ?? 0);
        const history = { since: MONDAY, values: values.slice(0, 35 * 24) };
        const found = forecastSpend(history, 0, period(35, 1));
        const truth = values.slice(35 * 24).reduce((sum, value) => sum + value, 0);
        runs++;
        if (found && found.total.low <= truth && truth <= found.total.high) inside++;
      }
    }
    // 120 draws of a share of .9: below .82 with a chance of one in two hundred.
    expect(inside / runs).toBeGreaterThan(0.82);
  });

  it('says when the money is gone, and that it is when it is', () => {
    const history = { since: MONDAY, values: hourly(28, () => 10) };
    // About 8.6 a day: half of a fortnight's.
    const found = forecastSpend(history, 0, period(28, 60));
    expect(found?.chanceOver).toBe(1);
    const days =
      ((found?.exhaustedAt.value?.getTime() ?? 0) - hoursLater(28 * 24).getTime()) / (24 * HOUR_MS);
    expect(days).toBeGreaterThan(5.5);
    expect(days).toBeLessThan(8.5);
    const gone = forecastSpend(history, 61, period(28, 60));
    expect(gone?.exhaustedAt.value).toEqual(hoursLater(28 * 24));
  });

  it('knows little of a weekend that it has not seen', () => {
    const known = forecastSpend({ since: MONDAY, values: hourly(14, () => 10) }, 0, period(14, 1_000));
    const unseen = forecastSpend({ since: MONDAY, values: hourly(5, () => 10) }, 0, period(5, 1_000));
    const width = (total?: { low: number; high: number }) => (total ? total.high / total.low : 0);
    expect(width(unseen?.total)).toBeGreaterThan(1.3 * width(known?.total));
  });

  it('says nothing of less than three days, and stays finite over silence and nonsense', () => {
    expect(forecastSpend({ since: MONDAY, values: hourly(2, () => 10) }, 0, period(2, 100))).toBeNull();
    for (const values of [Array<number>(24 * 7).fill(0), hourly(7, (day) => (day === 3 ? 0 : 1e9))]) {
      const found = forecastSpend({ since: MONDAY, values }, 0, period(7, 100));
      for (const number of [found?.total.low, found?.total.value, found?.total.high])
        expect(Number.isFinite(number)).toBe(true);
    }
  });
});

/** Minutes of a server whose token time grows by σ with each further call, at loads that come and go. */
function minutes(
  count: number,
  { most, contention, seed = 1 }: { most: number; contention: number; seed?: number },
): CapacityPoint[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, minute) => {
    const load = 0.5 + 0.5 * Math.sin((minute / 240) * 2 * Math.PI);
    const concurrency = Math.max(0.2, load * most * (0.8 + 0.4 * random()));
    const calls = Math.max(1, concurrency);
    const slow = 1 + contention * (calls - 1);
    const throughput = ((50 * concurrency) / slow) * Math.exp(0.1 * gaussian(random));
    return { at: new Date(MONDAY.getTime() + minute * 60_000), concurrency, throughput };
  });
}

describe('saturation', () => {
  it('finds the knee of a server that was loaded past it', () => {
    const found = saturation(minutes(2_880, { most: 60, contention: 0.05 }));
    // Twice as long at 1 + 1/σ = 21 calls, 50 · 21 / 2 tokens a second.
    expect(Math.abs((found?.kneeConcurrency.value ?? 0) / 21 - 1)).toBeLessThan(0.1);
    expect(found?.kneeConcurrency.low).toBeLessThanOrEqual(found?.kneeConcurrency.value ?? 0);
    expect(Math.abs((found?.kneeThroughput.value ?? 0) / 525 - 1)).toBeLessThan(0.1);
    expect(found?.slowdownSeen).toBeGreaterThan(2);
  });

  it('says nothing while nothing has slowed down, or of two hours at most', () => {
    expect(saturation(minutes(2_880, { most: 60, contention: 0 }))).toBeNull();
    expect(saturation(minutes(100, { most: 60, contention: 0.05 }))).toBeNull();
    expect(saturation([])).toBeNull();
  });

  it('stays finite over minutes without tokens', () => {
    const dead = minutes(300, { most: 10, contention: 0.2 }).map((point) => ({ ...point, throughput: 0 }));
    expect(saturation(dead)).toBeNull();
  });
});

describe('head-room', () => {
  const knee = { value: 1_000, low: 900, high: 1_100 };
  const daily = (values: number[]) => ({ since: MONDAY, values });
  const days = (count: number, peakOf: (day: number) => number) =>
    daily(Array.from({ length: count }, (_, day) => peakOf(day)));

  it('is measured in days while demand grows, and endless while it stands', () => {
    const growing = headRoom(
      days(28, (day) => 400 * 1.02 ** day),
      knee,
    );
    // 400 · 1.02²⁸ = 696 now; 1,000 is reached in ln(1000/696)/ln 1.02 = 18 days.
    expect(growing?.daysLeft.value).toBeGreaterThan(12);
    expect(growing?.daysLeft.value).toBeLessThan(26);
    const standing = headRoom(
      days(28, () => 400),
      knee,
    );
    expect(standing?.daysLeft.value).toBeNull();
    expect(standing?.used.value).toBeCloseTo(0.4, 1);
  });

  it('is that of the busiest day of the week, whatever day it is asked on', () => {
    for (const count of [26, 27, 28, 29]) {
      const found = headRoom(
        days(count, (day) => (day % 7 >= 5 ? 200 : 400)),
        knee,
      );
      expect(found?.used.value).toBeGreaterThan(0.37);
      expect(found?.used.value).toBeLessThan(0.43);
      expect(found?.daysLeft.value).toBeNull();
    }
    // Of a single week less is known, and the weekend that has just been is not what there is.
    const week = headRoom(
      days(7, (day) => (day % 7 >= 5 ? 200 : 400)),
      knee,
    );
    expect(week?.used.value).toBeGreaterThan(0.35);
    expect(week?.used.high).toBeGreaterThan(0.4);
  });

  it('learns nothing from days of which nothing is known', () => {
    const whole = headRoom(
      days(28, () => 400),
      knee,
    );
    const gaps = headRoom(
      days(28, (day) => (day < 9 || day === 20 ? 0 : 400)),
      knee,
    );
    expect(Math.abs((gaps?.used.value ?? 0) / (whole?.used.value ?? 1) - 1)).toBeLessThan(0.05);
    expect(gaps?.daysLeft.value).toBeNull();
  });

  it('holds nine of ten peaks of the week to come', () => {
    let [inside, runs] = [0, 0];
    for (const noise of [0.03, 0.1]) {
      for (let seed = 1; seed <= 20; seed++) {
        const random = seededRandom(seed * 104_729);
        const peaks = Array.from(
          { length: 35 },
          (_, day) => 400 * (day % 7 >= 5 ? 0.6 : 1) * Math.exp(noise * gaussian(random)),
        );
        const found = headRoom(daily(peaks.slice(0, 28)), { value: 1_000, low: 1_000, high: 1_000 });
        const truth = Math.max(...peaks.slice(28)) / 1_000;
        runs++;
        if (found && found.used.low <= truth && truth <= found.used.high) inside++;
      }
    }
    // 40 draws of a share of .9: below .8 with a chance of one in seventy.
    expect(inside / runs).toBeGreaterThanOrEqual(0.8);
  }, 60_000);

  it('says nothing of two days', () => {
    expect(headRoom(daily([400, 410]), knee)).toBeNull();
    expect(headRoom(daily([0, 0, 400, 0, 410]), knee)).toBeNull();
    expect(headRoom(daily([]), knee)).toBeNull();
  });
});
