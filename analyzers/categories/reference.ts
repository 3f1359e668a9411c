import { type Bins, binned } from './bins.ts';
import { contingency, sumOf } from './contingency.ts';
import { type Counts, mergeCounts, totalOf } from './counts.ts';

/** Windows on their way to a reference; JSON. Neighbours are put together once there are many. */
export interface Gathering {
  readonly windows: readonly Counts[];
  /** Windows that each of them stands for. */
  readonly each: number;
}

export const EMPTY_GATHERING: Gathering = { windows: [], each: 1 };

/** Kept apart: enough to learn how windows vary, and few enough to be stored with every stream. */
const WINDOWS_MAX = 40;
/** Parts by which limits are cross-fitted. */
const PARTS_MAX = 10;

/** A reference that is watched against; JSON. */
export interface FrozenReference {
  readonly counts: Counts;
  /** Rows per bin (bins.ts) of each part; parts are made of whole windows. */
  readonly parts: readonly (readonly number[])[];
  /** φ ≥ 1 at windows of `windowRows`: how much more the counts vary between windows than independent rows would. */
  readonly designEffect: number;
  readonly windowRows: number;
  /** With windows of time: ms of history that it was made of. */
  readonly spanMs?: number;
  /** With windows of time: by part of the day, what a bin's rows are multiplied with to be as usual (course.ts). */
  readonly season?: Readonly<Record<string, readonly number[]>>;
}

/** Adds a window. */
export function gather({ windows, each }: Gathering, counts: Counts): Gathering {
  if (windows.length < WINDOWS_MAX) return { windows: [...windows, counts], each };
  const halved: Counts[] = [];
  for (let place = 0; place < windows.length; place += 2)
    halved.push(mergeCounts(windows[place] ?? [], windows[place + 1] ?? []));
  return { windows: [...halved, counts], each: 2 * each };
}

export const gatheredRows = ({ windows }: Gathering): number =>
  windows.reduce((sum, counts) => sum + totalOf(counts), 0);

/** Takes what was gathered as the reference, in the bins that it makes. */
export function freeze({ windows, each }: Gathering, binsFrom: (reference: Counts) => Bins): FrozenReference {
  const counts = windows.reduce(mergeCounts, []);
  const bins = binsFrom(counts);
  const tables = windows.map((window) => binned(bins, window));
  return {
    ...referenceOf(counts, tables),
    designEffect: designEffectOf(tables),
    windowRows: totalOf(counts) / Math.max(1, windows.length) / each,
  };
}

/** The rows of a reference, in parts to cross-fit by. @param tables rows per bin of whole windows, together or apart */
export function referenceOf(
  counts: Counts,
  tables: readonly (readonly number[])[],
): Pick<FrozenReference, 'counts' | 'parts'> {
  const parts: number[][] = Array.from({ length: Math.min(PARTS_MAX, tables.length) }, () =>
    (tables[0] ?? []).map(() => 0),
  );
  tables.forEach((rows, place) => {
    const part = parts[place % parts.length];
    if (part) for (const [bin, count] of rows.entries()) part[bin] = (part[bin] ?? 0) + count;
  });
  return { counts, parts };
}

/**
 * φ̂ of Rao & Scott (1984): the mean over windows of χ² / df of the window against the other windows, one standard error
 * up, since few windows tell little; 1 for what varies no more than independent rows. Rows of one session that are alike
 * and windows that differ by themselves both show here.
 */
function designEffectOf(tables: readonly (readonly number[])[]): number {
  const all = (tables[0] ?? []).map((_, bin) => tables.reduce((sum, rows) => sum + (rows[bin] ?? 0), 0));
  let [chiSquared, df] = [0, 0];
  for (const rows of tables) {
    if (sumOf(rows) === 0) continue;
    const test = contingency({ before: all.map((count, bin) => count - (rows[bin] ?? 0)), after: rows });
    chiSquared += test.chiSquared;
    df += test.df;
  }
  return df === 0 ? 1 : Math.max(1, (chiSquared / df) * (1 + Math.sqrt(2 / df)));
}

/** φ at a window of `rows`: what windows add of their own grows with their size. */
export function designEffectAt({ designEffect, windowRows }: FrozenReference, rows: number): number {
  return 1 + (designEffect - 1) * Math.max(1, rows / Math.max(1, windowRows));
}
