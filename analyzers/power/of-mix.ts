import { signalSpec } from '../../core/signals.ts';
import { type Bins, binned } from '../categories/bins.ts';
import { type CategoryWatch, watchMix } from '../categories/category-state.ts';
import { type Counts, totalOf } from '../categories/counts.ts';
import { mixDependence } from '../categories/dispersion.ts';
import { DEFAULT_CATEGORY_OPTIONS } from '../categories/options.ts';
import { type SignalsState, stepSignals } from '../categories/step-signals.ts';
import { hourOfWeek } from '../drift/history.ts';
import type { Reading } from '../drift/monitor-signal.ts';
import { partOfDay } from '../drift/seasons.ts';
import { drawBinomial } from './draws.ts';
import { type ComingWindow, middlingCase, type Outlook, type PowerAnswer } from './outlook.ts';

/**
 * What part of the inferences is put elsewhere: in a category never seen, in (or, if it is negative, out of) the commonest one, or in the
 * cells of a map that lie outside the usual topics.
 */
export interface MixShift {
  readonly to: 'new' | 'commonest' | 'outside';
  /** In (-1, 1); negative with `commonest` only. */
  readonly share: number;
}

export interface MixQuestion {
  readonly signal: string;
  /** What it is watched against, and how its windows differ. */
  readonly watch: Pick<CategoryWatch, 'reference' | 'dispersion'>;
  readonly binsFrom: (reference: Counts) => Bins;
  readonly shift: MixShift;
  readonly outlook: Outlook;
  /** False alarms that the signal may give per window (budget.ts). */
  readonly level: number;
  readonly isTold?: (reading: Reading) => boolean;
}

/**
 * How long the real detector takes for a change of mix, over windows drawn as its reference has come to know them: hours of the day, and
 * how much more than independent rows windows vary. The reference stays what it is. Null if most draws do not call it.
 */
export function windowsToSeeMix(question: MixQuestion): PowerAnswer | null {
  const { signal, watch, binsFrom, outlook, level, isTold = () => true } = question;
  const spec = signalSpec(signal);
  const options = { ...DEFAULT_CATEGORY_OPTIONS, isTimed: outlook.isTimed };
  const context = { levelOf: () => level, versionShare: 0, siblings: [] };
  return middlingCase(outlook, (random) => {
    const countsOf = drawnCounts(question, random);
    let state = started(watchMix(watch));
    return (window) => {
      const signals = [{ key: KEY, spec, counts: countsOf(window), binsFrom }];
      const step = stepSignals(state, signals, { window, context, options });
      state = started(step.state.signals[KEY] as CategoryWatch);
      return step.readings.some((reading) => reading.outcome === 'alarm' && isTold(reading));
    };
  });
}

const KEY = 'mix';

/** Without what would make the reference anew while it is asked about. */
function started({ course: _, ...watch }: CategoryWatch): SignalsState {
  return { version: 1, signals: { [KEY]: watch }, differing: null };
}

/** Categories of a window: groups of as many rows as the design effect says are of one category. */
function drawnCounts({ watch, binsFrom, shift }: MixQuestion, random: () => number) {
  const { reference, dispersion } = watch;
  const { counts, season, windowRows } = reference;
  const bins = binsFrom(counts);
  const inBins = binned(bins, counts);
  const usual = sharesOf(counts);
  return (window: ComingWindow): Counts => {
    const factors = season?.[String(partOfDay(hourOfWeek(window)))];
    const ofHour = factors
      ? sharesOf(usual.map(([name, share]) => [name, share / (factors[bins.of(name)] ?? 1)] as const))
      : usual;
    const shares = window.isChanged ? shifted(ofHour, shift) : ofHour;
    const { rows } = window;
    const units = Math.max(
      1,
      Math.round(rows / mixDependence(dispersion, { reference: inBins, rows, windowRows }).effect),
    );
    return drawMultinomial(units, shares, random).map(([name, drawn]) => [name, (drawn * rows) / units]);
  };
}

type Shares = readonly (readonly [category: string, share: number])[];

function sharesOf(counts: Counts): Shares {
  const total = totalOf(counts);
  return counts.map(([name, rows]) => [name, rows / total]);
}

function shifted(shares: Shares, { to, share }: MixShift): Shares {
  if (to === 'commonest') {
    const [first] = [...shares].sort((a, b) => b[1] - a[1]);
    if (!first) return shares;
    const after = Math.min(1, Math.max(0, first[1] + share));
    const others = first[1] < 1 ? (1 - after) / (1 - first[1]) : 0;
    return shares.map(([name, own]) => [name, name === first[0] ? after : own * others]);
  }
  const added: Shares =
    to === 'new' ? [[NEVER_SEEN, 1]] : shares.map(([name, own]) => [`${name.replace(/ \++$/, '')} +++`, own]);
  const all = new Map<string, number>();
  for (const [name, own] of shares) all.set(name, (1 - share) * own);
  for (const [name, own] of added) all.set(name, (all.get(name) ?? 0) + share * own);
  return [...all];
}

/** No category of a reference is called so. */
const NEVER_SEEN = '\u0000';

/** Category by category, each of what the ones before have left. */
function drawMultinomial(units: number, shares: Shares, random: () => number): Counts {
  let [left, chance] = [units, 1];
  const drawn = shares.map(([name, share]): [string, number] => {
    const own = drawBinomial(left, chance > 0 ? Math.min(1, share / chance) : 0, random);
    left -= own;
    chance -= share;
    return [name, own];
  });
  return drawn.filter(([, rows]) => rows > 0);
}
