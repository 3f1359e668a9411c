import type { Histogram } from '../../core/summary.ts';
import type { Sample } from './sample.ts';
import { RANK_STEPS, SPREAD, scoreWindow } from './scores.ts';

type Levels = readonly (readonly [score: number, chance: number])[];

/** The law of a score over the baseline, on a grid: a tail needs no more. Worked out once for each baseline. */
export function levelsOf(baseline: Sample, score: number): Levels {
  const ofBaseline = LEVELS.get(baseline.bins) ?? new Map<number, Levels>();
  const known = ofBaseline.get(score);
  if (known) return known;
  const { rows, ranks, counts } = scoreWindow(baseline.bins, baseline.bins, 'continuous');
  const chances = new Map<number, number>();
  for (const [at, count] of counts.entries()) {
    const rank = (ranks[at] ?? 0) / RANK_STEPS;
    const value = score === SPREAD ? Math.abs(2 * rank - 1) : rank;
    const level = Math.round(value * LEVEL_STEPS) / LEVEL_STEPS;
    chances.set(level, (chances.get(level) ?? 0) + count / rows);
  }
  const levels = [...chances];
  LEVELS.set(baseline.bins, ofBaseline.set(score, levels));
  return levels;
}

const LEVEL_STEPS = 128;
const LEVELS = new WeakMap<Histogram, Map<number, Levels>>();

/** Tilts are rounded to half octaves: laws are asked for the same ones again and again. */
const STEPS_PER_OCTAVE = 2;

/** The nearest tilt whose cumulants are remembered. */
export function nearestTilt(tilt: number): number {
  return 2 ** (Math.round(Math.log2(tilt) * STEPS_PER_OCTAVE) / STEPS_PER_OCTAVE);
}

/** Share of the rows that have the commonest score. */
export function largestChance(baseline: Sample, score: number): number {
  return levelsOf(baseline, score).reduce((largest, [, chance]) => Math.max(largest, chance), 0);
}

/**
 * log E exp(t (x − x̄)) of a rank's or spread's law over the baseline; remembered, to be asked for at `nearestTilt` only.
 *
 * @param tilt of either sign
 */
export function cumulantOf(baseline: Sample, score: number, tilt: number): number {
  const ofBaseline = CUMULANTS.get(baseline.bins) ?? new Map<number, number>();
  const key = (Math.round(Math.log2(Math.abs(tilt)) * 64) * 2 + (tilt > 0 ? 1 : 0)) * 4 + score;
  const known = ofBaseline.get(key);
  if (known !== undefined) return known;
  const found = cumulantAt(baseline, score, tilt);
  CUMULANTS.set(baseline.bins, ofBaseline.set(key, found));
  return found;
}

/** The same, worked out. O(levels). */
export function cumulantAt(baseline: Sample, score: number, tilt: number): number {
  const levels = levelsOf(baseline, score);
  const mean = levels.reduce((sum, [level, chance]) => sum + level * chance, 0);
  const largest = Math.max(0, tilt);
  return (
    largest -
    tilt * mean +
    Math.log(levels.reduce((sum, [level, chance]) => sum + chance * Math.exp(tilt * level - largest), 0))
  );
}

/** Some hundred tilts of each baseline at most. */
const CUMULANTS = new WeakMap<Histogram, Map<number, number>>();
