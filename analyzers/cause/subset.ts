import type { Estimate, SubsetPart } from '../../core/cause.ts';
import { normalLogSf } from '../stats/normal.ts';
import { type Evidence, evidenceOf } from './evidence.ts';
import { clusteredError, meanChange, type SideMeans } from './group-change.ts';
import { type Masks, pruned, type ScanResult, scanSubsets } from './scan.ts';
import { type CauseAttribute, type CauseTable, chosenRows } from './table.ts';

type Change = Estimate & { readonly means: SideMeans };

/** A subset that stands, over the half of the units that had no say. */
export interface FoundSubset {
  readonly parts: readonly SubsetPart[];
  /** Per row of the whole table, whether it is in. */
  readonly isInside: (row: number) => boolean;
  readonly inside: Change;
  readonly outside: Change;
  readonly chanceConfirmed: number;
}

export interface SubsetSearch {
  readonly found: FoundSubset | null;
  /** Chance of as good a subset where the change is the same everywhere; 1 if there was nothing to search. */
  readonly chance: number;
}

export interface SubsetOptions {
  /** Per unit, 1 for the half that confirms. */
  readonly isHeldOut: (row: number) => boolean;
  readonly random: () => number;
  /** Where it rose more (1) or fell more (−1); by default as the whole did. */
  readonly towards?: 1 | -1;
}

/** Of each half; below it nothing can be told apart. */
const ROWS_MIN = 100;
const REPLAYS = 199;
/** Rows of a replay: how extreme a search gets by chance depends on what it searches through, hardly on how many rows. */
const REPLAY_ROWS_MAX = 12_000;
/** The search's own chance, and that of its one candidate in the other half. Both must hold. */
const CHANCE_MAX = 0.05;
/** So many replays that do as well settle that the chance is above it (Besag & Clifford 1991). */
const REPLAYS_AS_GOOD_MAX = 20;
/** What an attribute adds to a subset must be more than so much of the replays gain by one alone. */
const PRUNING_QUANTILE = 0.95;

/**
 * Looks in one half of the units for the subset that changed most beyond the rest, says how often such a search finds as much where there is nothing (replays in
 * which every unit keeps its rows and gets a random sign: the wild cluster bootstrap, Cameron et al. 2008), and asks the other half whether it holds
 * there. O(rows · attributes) for the search, and the same on at most 12,000 rows for each of 199 replays.
 */
export function findSubset(table: CauseTable, options: SubsetOptions): SubsetSearch {
  const { isHeldOut, random } = options;
  const searched = chosenRows(table, (row) => !isHeldOut(row));
  const heldOut = chosenRows(table, isHeldOut);
  if (Math.min(searched.rows, heldOut.rows) < ROWS_MIN || table.attributes.length === 0)
    return { found: null, chance: 1 };
  const direction = options.towards ?? (meanChange(table).value >= 0 ? 1 : -1);
  const evidence = evidenceOf(searched, direction);
  const best = scanSubsets(searched.attributes, evidence, random);
  const { chance, chanceOf } = replay(searched, { best, evidence, random });
  if (chance > CHANCE_MAX) return { found: null, chance };
  const { masks } = pruned(searched.attributes, evidence, { found: best, chanceOf });
  const chanceConfirmed = confirm(heldOut, masks, direction);
  if (chanceConfirmed > CHANCE_MAX) return { found: null, chance };
  const inHeldOut = insideOf(heldOut.attributes, masks);
  return {
    chance,
    found: {
      parts: partsOf(table.attributes, masks),
      isInside: insideOf(table.attributes, masks),
      inside: meanChange(heldOut, inHeldOut),
      outside: meanChange(heldOut, (row) => !inHeldOut(row)),
      chanceConfirmed,
    },
  };
}

function replay(
  table: CauseTable,
  { best, evidence, random }: { best: ScanResult; evidence: Evidence; random: () => number },
): { chance: number; chanceOf: readonly number[] } {
  const share = Math.min(1, REPLAY_ROWS_MAX / table.rows);
  const isChosen = Float64Array.from({ length: table.units }, () => (random() < share ? 1 : 0));
  const places: number[] = [];
  for (let row = 0; row < table.rows; row++) if (isChosen[table.unitOf[row] ?? 0] === 1) places.push(row);
  const attributes = table.attributes.map(({ name, values, codes }) => ({
    name,
    values,
    codes: Uint16Array.from(places, (row) => codes[row] ?? 0),
  }));
  const weights = Float64Array.from(places, (row) => evidence.weights[row] ?? 0);
  const weightTotal = weights.reduce((sum, one) => sum + one, 0);
  let [asGood, made] = [0, 0];
  const alone: number[][] = [];
  while (made < REPLAYS && asGood < REPLAYS_AS_GOOD_MAX) {
    const signs = Float64Array.from({ length: table.units }, () => (random() < 0.5 ? -1 : 1));
    const signed = Float64Array.from(
      places,
      (row) => (signs[table.unitOf[row] ?? 0] ?? 1) * (evidence.signed[row] ?? 0),
    );
    centre(signed, weights, weightTotal);
    const null_ = scanSubsets(
      attributes,
      { signed, weights, weightTotal, variance: evidence.variance },
      random,
    );
    made++;
    if (null_.score >= best.score) asGood++;
    alone.push([...null_.alone]);
  }
  const chanceOf = table.attributes.map((_, place) => {
    const scores = alone.map((one) => one[place] ?? 0).sort((a, b) => a - b);
    return scores[Math.floor(PRUNING_QUANTILE * (scores.length - 1))] ?? 0;
  });
  return { chance: (asGood + 1) / (made + 1), chanceOf };
}

/** Takes out what a random sign made of the whole: a subset is measured against the rest. */
function centre(signed: Float64Array, weights: Float64Array, weightTotal: number): void {
  const mean = signed.reduce((sum, one) => sum + one, 0) / weightTotal;
  for (let row = 0; row < signed.length; row++)
    signed[row] = (signed[row] as number) - mean * (weights[row] as number);
}

/** One-sided chance that the subset changed no more than the rest, with the rows of a unit together. */
function confirm(table: CauseTable, masks: Masks, direction: 1 | -1): number {
  const { signed, weights, weightTotal } = evidenceOf(table, direction);
  const isInside = insideOf(table.attributes, masks);
  let [sum, weight, total] = [0, 0, 0];
  for (let row = 0; row < table.rows; row++) {
    total += signed[row] ?? 0;
    if (!isInside(row)) continue;
    sum += signed[row] ?? 0;
    weight += weights[row] ?? 0;
  }
  const share = weight / weightTotal;
  const error = clusteredError(table, (row) => (signed[row] ?? 0) * ((isInside(row) ? 1 : 0) - share));
  return error > 0 && Number.isFinite(error) ? Math.exp(normalLogSf((sum - share * total) / error)) : 1;
}

function insideOf(attributes: readonly CauseAttribute[], masks: Masks): (row: number) => boolean {
  const asked = masks.flatMap((mask, place) => {
    const codes = attributes[place]?.codes;
    return mask && codes ? [{ mask, codes }] : [];
  });
  return (row) => asked.every(({ mask, codes }) => mask[codes[row] ?? 0] === 1);
}

function partsOf(attributes: readonly CauseAttribute[], masks: Masks): SubsetPart[] {
  return masks.flatMap((mask, place) => {
    const attribute = attributes[place];
    if (!mask || !attribute) return [];
    const values = attribute.values.filter((_, code) => mask[code] === 1);
    return [{ attribute: attribute.name, values, othersCount: attribute.values.length - values.length }];
  });
}
