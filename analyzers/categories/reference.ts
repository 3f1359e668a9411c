import { type Bins, binned } from './bins.ts';
import { type Counts, mergeCounts, totalOf } from './counts.ts';
import { addNeighbours, type Dispersion, mixDependence } from './dispersion.ts';

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
  /** φ ≥ 1 at windows of `windowRows`: how much more the counts vary than those of independent rows, as far as it was known. */
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

/**
 * Takes what was gathered as the reference, in the bins that it makes, and how its windows differ.
 *
 * @param dispersion what is known of sessions
 * @param scales lengths of stretches that are looked at (dispersion.ts)
 */
export function freeze(
  { windows, each }: Gathering,
  { dispersion, scales, binsFrom }: FreezeAt,
): { readonly reference: FrozenReference; readonly dispersion: Dispersion } {
  const counts = windows.reduce(mergeCounts, []);
  const bins = binsFrom(counts);
  const tables = windows.map((window) => binned(bins, window));
  const at = { scales, first: Math.log2(each) };
  const learned = tables.reduce((known, rows) => addNeighbours(known, rows, at), dispersion);
  const windowRows = totalOf(counts) / Math.max(1, windows.length) / each;
  return {
    reference: {
      ...referenceOf(counts, tables),
      designEffect: usualEffect(learned, binned(bins, counts), windowRows),
      windowRows,
    },
    dispersion: learned,
  };
}

interface FreezeAt {
  readonly dispersion: Dispersion;
  readonly scales: number;
  readonly binsFrom: (reference: Counts) => Bins;
}

/** φ at windows of the usual size. */
export function usualEffect(
  dispersion: Dispersion,
  reference: readonly number[],
  windowRows: number,
): number {
  return mixDependence(dispersion, { reference, rows: windowRows, windowRows }).effect;
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
