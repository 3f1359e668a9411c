import type { StreamKey } from '../../core/finding.ts';
import { SIGNALS, type SignalSpec } from '../../core/signals.ts';
import type { StreamWindow } from '../../core/window.ts';
import { binsOf } from '../categories/bins.ts';
import { type CategoryState, NEW_CATEGORY_STATE, watchMix } from '../categories/category-state.ts';
import { type Counts, countsOf } from '../categories/counts.ts';
import { NO_DISPERSION, scalesFor } from '../categories/dispersion.ts';
import { type CategoryOptions, DEFAULT_CATEGORY_OPTIONS } from '../categories/options.ts';
import { EMPTY_GATHERING, freeze, gather, gatheredRows } from '../categories/reference.ts';
import {
  type SignalCounts,
  type SignalsState,
  signalsState,
  stepSignals,
} from '../categories/step-signals.ts';
import { WEEK_MS } from '../drift/history.ts';
import type { DetectorFamily } from '../family.ts';
import { cellBins } from './cell-bins.ts';
import { splitMapId } from './reference-map.ts';

/** What a stream had before a window, an hour each, oldest first; values with the id of their map. */
export type CategoryHistory = (query: {
  readonly key: StreamKey;
  readonly signal: string;
  readonly before: Date;
}) => Promise<readonly ReadonlyMap<string, number>[]>;

/** Category signals of embeddings. */
const WATCHED = SIGNALS.filter(({ kind, source }) => kind === 'category' && source === 'map');
/** Signals with hundreds of values: only of a whole model, whose many rows can tell them apart. */
const isFine = ({ name }: SignalSpec): boolean => name.endsWith('_cell');
/** The bins that a reference of such a signal makes. */
export const binsFromOf = (spec: SignalSpec) => (isFine(spec) ? cellBins : binsOf);
const HOUR_MS = 3_600_000;
/** A reference of cells needs rows in each of them. */
const CELL_ROWS_MIN = 2_000;

/**
 * D4: how what the texts are about changes, by their cells and topics on a reference map. The reference of a stream is what
 * lay on the map before: rows that the map was made of have no cell, so it is of other rows. Under a new map all begins anew.
 */
export function embeddingFamily({
  history,
  options = DEFAULT_CATEGORY_OPTIONS,
}: {
  readonly history: CategoryHistory;
  readonly options?: CategoryOptions;
}): DetectorFamily {
  return {
    name: 'embeddings',
    async step(stored, window, context) {
      const state = signalsState(stored);
      const found = WATCHED.flatMap((spec) => signalOf(spec, state, window));
      const signals = await Promise.all(
        found.map(async (signal): Promise<SignalCounts> => {
          if (Object.hasOwn(state.signals, signal.key)) return signal;
          const rowsMin = rowsMinOf(signal.spec, options);
          const before = await history({ key: window.key, signal: signal.spec.name, before: window.since });
          const windows = before.map((counts) => ofMap(counts, splitKey(signal.key)));
          return {
            ...signal,
            start: startFrom(windows, { signal, options: { ...options, referenceRowsMin: rowsMin } }),
          };
        }),
      );
      const fine = signals.filter(({ spec }) => isFine(spec));
      const coarse = signals.filter(({ spec }) => !isFine(spec));
      const first = stepSignals(state, coarse, { window, context, options });
      const cells = { ...options, referenceRowsMin: CELL_ROWS_MIN };
      const second = stepSignals({ ...state, differing: null }, fine, { window, context, options: cells });
      return {
        state: {
          ...first.state,
          signals: { ...first.state.signals, ...second.state.signals },
          differing: first.state.differing ?? second.state.differing,
        },
        readings: [...first.readings, ...second.readings],
      };
    },
  };
}

const rowsMinOf = (spec: SignalSpec, { referenceRowsMin }: CategoryOptions): number =>
  isFine(spec) ? CELL_ROWS_MIN : referenceRowsMin;

/** Name of a signal's state: another map is another state. */
const keyOf = (spec: SignalSpec, map: string): string => `${spec.name} ${map}`;
const splitKey = (key: string): string => key.slice(key.indexOf(' ') + 1);

/** A signal with what the window had of it on one map: the map that most of its rows lie on, else the one known. */
function signalOf(spec: SignalSpec, state: SignalsState, window: StreamWindow): SignalCounts[] {
  if (isFine(spec) && window.key.segment !== '') return [];
  const counts = window.categories.get(spec.name) ?? new Map<string, number>();
  const known = Object.keys(state.signals).find((key) => key.startsWith(`${spec.name} `));
  const map = largestMap(counts) ?? (known && splitKey(known));
  if (map === undefined) return [];
  return [{ key: keyOf(spec, map), spec, counts: ofMap(counts, map), binsFrom: binsFromOf(spec) }];
}

/** The map that most of the rows of a window lie on. */
export function largestMap(counts: ReadonlyMap<string, number>): string | undefined {
  const rows = new Map<string, number>();
  for (const [value, count] of counts) {
    const { map } = splitMapId(value);
    if (map !== '') rows.set(map, (rows.get(map) ?? 0) + count);
  }
  return [...rows].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

/** Rows on one map, without its id. */
function ofMap(counts: ReadonlyMap<string, number>, map: string): Counts {
  const own = new Map<string, number>();
  for (const [value, count] of counts) {
    const at = splitMapId(value);
    if (at.map === map) own.set(at.name, count);
  }
  return countsOf(own);
}

/** Where a signal begins: at once watched, if what was before suffices. */
function startFrom(
  windows: readonly Counts[],
  { signal, options }: { signal: SignalCounts; options: CategoryOptions },
): CategoryState {
  const before = windows.filter((counts) => counts.length > 0);
  const gathering = before.reduce(gather, EMPTY_GATHERING);
  const isEnough =
    gatheredRows(gathering) >= options.referenceRowsMin && before.length >= options.referenceWindowsMin;
  if (isEnough) {
    const scales = scalesFor(options.isTimed ? HOUR_MS : null);
    const frozen = freeze(gathering, { dispersion: NO_DISPERSION, scales, binsFrom: signal.binsFrom });
    // Which hours they were is not known, so there is no season to take off: a week of its own comes first.
    const spanMs = Math.min(before.length * HOUR_MS, WEEK_MS - HOUR_MS);
    const { reference } = frozen;
    return watchMix(options.isTimed ? { ...frozen, reference: { ...reference, spanMs } } : frozen);
  }
  return before.length === 0
    ? NEW_CATEGORY_STATE
    : { phase: 'gathering', gathering, dispersion: NO_DISPERSION };
}
