import { hourOfWeek, WEEK_MS } from '../drift/history.ts';
import { isRipe, MATURE_MS } from '../drift/maturing.ts';
import { partOfDay } from '../drift/seasons.ts';
import { type Bins, binned } from './bins.ts';
import { sumOf } from './contingency.ts';
import { type Counts, mergeCounts, totalOf } from './counts.ts';
import { type Dispersion, windowsEffect } from './dispersion.ts';
import type { CategoryOptions } from './options.ts';
import { type FrozenReference, referenceOf, usualEffect } from './reference.ts';

/** What windows of time have shown while their reference matures; JSON. */
export interface Course {
  /** Start of the first window, ISO 8601. */
  readonly since: string;
  readonly windows: number;
  /** Rows by category, by part of the day (hour × weekday or weekend). */
  readonly parts: Readonly<Record<string, Counts>>;
}

export const newCourse = (since: Date): Course => ({
  since: since.toISOString(),
  windows: 0,
  parts: {},
});

interface TimedCounts {
  readonly since: Date;
  readonly until: Date;
  readonly counts: Counts;
}

export const DAY_MS = 86_400_000;
/** A part's share is at most so many times another than usual; beyond it rows are too few to say. */
const FACTOR_MAX = 4;

/**
 * Rows per bin as they would be if all hours were alike: each bin times its usual share over that of its part of the day, the sum
 * as it was. Not whole.
 */
export function deseasoned(
  { season }: Pick<FrozenReference, 'season'>,
  window: { readonly since: Date; readonly until: Date },
  rows: readonly number[],
): readonly number[] {
  const factors = season?.[partOf(window)];
  if (!factors) return rows;
  const moved = rows.map((count, bin) => count * (factors[bin] ?? 1));
  const scale = sumOf(rows) / sumOf(moved);
  return sumOf(moved) > 0 ? moved.map((count) => Math.round(count * scale * 1e3) / 1e3) : rows;
}

/** What a course has seen, as it would be if the hours of another stream's days were all alike. */
export function deseasonedCounts(course: Course, { season }: FrozenReference, { of }: Bins): Counts {
  const moved = Object.entries(course.parts).map(([part, counts]) => {
    const own = counts.map(([name, rows]) => [name, rows * (season?.[part]?.[of(name)] ?? 1)] as const);
    const scale = totalOf(counts) / totalOf(own);
    return own.map(([name, rows]) => [name, rows * scale] as const);
  });
  return moved.reduce<Counts>(mergeCounts, []);
}

const partOf = (window: { readonly since: Date; readonly until: Date }): string =>
  String(partOfDay(hourOfWeek(window)));

/** Adds a calm window. */
export function addToCourse(course: Course, window: TimedCounts): Course {
  const part = partOf(window);
  return {
    ...course,
    windows: course.windows + 1,
    parts: { ...course.parts, [part]: mergeCounts(course.parts[part] ?? [], window.counts) },
  };
}

/** The reference that a course makes, when it is ripe; else null. */
export function ripened(
  course: Course,
  until: Date,
  at: {
    readonly reference: FrozenReference;
    readonly dispersion: Dispersion;
    readonly options: CategoryOptions;
    readonly binsFrom: (reference: Counts) => Bins;
  },
): FrozenReference | null {
  const { reference, dispersion, options, binsFrom } = at;
  const spanMs = until.getTime() - Date.parse(course.since);
  const knownMs = reference.spanMs ?? 0;
  // After a day less is tolerated, so that is a time to make it anew, too.
  const hasSeenDay = spanMs >= DAY_MS && knownMs < DAY_MS;
  if (!(hasSeenDay || isRipe(spanMs, knownMs)) || course.windows < options.referenceWindowsMin) return null;
  const counts = Object.values(course.parts).reduce(mergeCounts, []);
  if (totalOf(counts) < options.referenceRowsMin) return null;
  const bins = binsFrom(counts);
  const usual = binned(bins, counts);
  const parts = Object.entries(course.parts).map(([part, own]) => ({ part, rows: binned(bins, own) }));
  // Before a week every part of the day was seen on some days only: what they differ by is not the hour's alone.
  const season = spanMs >= WEEK_MS ? seasonOf(parts, usual, windowsEffect(dispersion)) : undefined;
  const tables = parts.map(({ part, rows }) => {
    const factors = season?.[part];
    return factors ? rows.map((count, bin) => count * (factors[bin] ?? 1)) : rows;
  });
  const windowRows = totalOf(counts) / course.windows;
  return {
    ...referenceOf(counts, tables),
    designEffect: usualEffect(dispersion, usual, windowRows),
    windowRows,
    spanMs: Math.min(spanMs, MATURE_MS),
    ...(season ? { season } : {}),
  };
}

/**
 * By part of the day, what a bin's rows are multiplied with to be as usual. A part's shares are drawn towards the usual ones by as
 * much as parts differ more than their rows make them (empirical Bayes, method of moments on χ²).
 *
 * @param dispersion φ: how much more windows of one part vary than independent rows
 * @see Dirichlet-multinomial: E χ² / df = φ + ρ n for a part of n rows
 */
function seasonOf(
  parts: readonly { readonly part: string; readonly rows: readonly number[] }[],
  usual: readonly number[],
  dispersion: number,
): Record<string, readonly number[]> | undefined {
  const total = sumOf(usual);
  const shares = usual.map((rows) => rows / total);
  const seen = parts.filter(({ rows }) => sumOf(rows) > 0);
  const df = (seen.length - 1) * (shares.filter((share) => share > 0).length - 1);
  if (df < 1) return undefined;
  const chiSquared = seen.reduce((sum, { rows }) => sum + distance(rows, shares), 0);
  const relative = Math.max(0, chiSquared / df - dispersion) / (total / seen.length);
  if (relative === 0) return undefined;
  return Object.fromEntries(
    seen.map(({ part, rows }) => {
      const own = sumOf(rows);
      const keep = (relative * own) / (relative * own + dispersion);
      return [part, shares.map((share, bin) => factorOf(share, (rows[bin] ?? 0) / own, keep))];
    }),
  );
}

/** χ² of rows against shares. */
function distance(rows: readonly number[], shares: readonly number[]): number {
  const total = sumOf(rows);
  return shares.reduce(
    (sum, share, bin) => (share > 0 ? sum + ((rows[bin] ?? 0) - total * share) ** 2 / (total * share) : sum),
    0,
  );
}

function factorOf(usual: number, here: number, keep: number): number {
  if (usual === 0) return 1;
  const factor = usual / Math.max(usual / FACTOR_MAX, usual + keep * (here - usual));
  return Math.round(Math.max(1 / FACTOR_MAX, factor) * 1e3) / 1e3;
}
