import { GRID_GAMMA, GRID_ONE } from '../../core/grid.ts';
import type { Histogram } from '../../core/summary.ts';
import { hourOfWeek } from '../drift/history.ts';
import { designEffect } from '../drift/inflation.ts';
import type { Watch } from '../drift/monitor-signal.ts';
import { rankIn } from '../drift/ranks.ts';
import { levelOf, type Sample } from '../drift/sample.ts';
import { baselineMoments, RANK } from '../drift/scores.ts';
import type { ComingWindow } from './outlook.ts';

interface Drawn {
  /** Of a rate: the difference, as a share; of a number: the relative change of every value. */
  readonly change: number;
  readonly sessionRows: number;
  readonly random: () => number;
}

/** Windows as a watch has come to know them: its baseline, hours, sessions, and what windows have in common; and the change. */
export function drawnSamples(watch: Watch, drawn: Drawn): (window: ComingWindow) => Sample {
  return watch.kind === 'rate' ? rateSamples(watch, drawn) : numberSamples(watch, drawn);
}

function rateSamples(watch: Watch, { change, sessionRows, random }: Drawn): (window: ComingWindow) => Sample {
  const usual = levelOf(watch.baseline, 'rate') ?? 0;
  const hours = watch.variation?.scores[0]?.hours;
  const wander = wandering(watch, random);
  const correlation = correlationOf(watch);
  return (window) => {
    const { rows, isChanged } = window;
    const share = inside(usual + (hours?.[hourOfWeek(window)] ?? 0));
    const own = inside(share + Math.sqrt(share * (1 - share)) * wander() + (isChanged ? change : 0));
    // The lumpiest law with this correlation (inflation.ts): all rows of some sessions are alike, the others independent.
    const lumps = drawBinomial(Math.floor(rows / sessionRows), sessionRows > 1 ? correlation : 0, random);
    const alone = Math.max(0, rows - Math.round(lumps * sessionRows));
    const lumped = rows - alone;
    const lumpedOnes = lumps === 0 ? 0 : Math.round((lumped * drawBinomial(lumps, own, random)) / lumps);
    const ones = lumpedOnes + drawBinomial(alone, own, random);
    return {
      count: rows,
      sum: ones,
      bins: binsOf([
        [0, rows - ones],
        [GRID_ONE, ones],
      ]),
    };
  };
}

function numberSamples(
  watch: Watch,
  { change, sessionRows, random }: Drawn,
): (window: ComingWindow) => Sample {
  const effect = designEffect({ sessionRows, correlation: correlationOf(watch) });
  const wander = wandering(watch, random);
  return ({ rows, isChanged }) =>
    numbersAt(watch.baseline, {
      ...{ rows, effect, random },
      wander: wander(),
      change: isChanged ? change : 0,
    });
}

/**
 * Rows at even places of a distribution, tilted so that its mean rank is off by what chance, sessions and the window itself move
 * it: the time that takes does not grow with the rows.
 *
 * @param at effect: variance of the mean over that of independent rows; wander: in deviations of a row
 */
export function numbersAt(
  distribution: Sample,
  at: { rows: number; change: number; effect: number; wander?: number; random: () => number },
): Sample {
  const { rows, change, effect, wander = 0, random } = at;
  const { bins, count, sum } = distribution;
  const rankOf = rankIn(bins);
  const variance = baselineMoments(distribution, 'continuous')[RANK]?.variance || 1;
  const tilt = (wander + Math.sqrt(effect / Math.max(1, rows)) * normal(random)) / Math.sqrt(variance);
  const weights = bins.map(([bin, ofBin]) => ofBin * Math.exp(tilt * (rankOf(bin) - 0.5)));
  const total = weights.reduce((all, weight) => all + weight, 0);
  const phase = random() - 0.5;
  let [seen, taken] = [0, 0];
  const drawn = bins.map(([bin], place): [number, number] => {
    seen += weights[place] ?? 0;
    const upTo = Math.min(rows, Math.max(0, Math.round((seen / total) * rows - phase)));
    const own = upTo - taken;
    taken = upTo;
    return [change === 0 ? bin : shiftBin(bin, change), own];
  });
  return { count: taken, sum: (sum / count) * (1 + change) * taken, bins: binsOf(drawn) };
}

/** What each window has of its own, in deviations of a row; adjacent windows are as alike as they have been. */
function wandering({ variation }: Watch, random: () => number): () => number {
  const { betweenRatio = 0, autocorrelation = 0 } = variation?.scores[RANK] ?? {};
  let last = normal(random);
  return () => {
    last = autocorrelation * last + Math.sqrt(1 - autocorrelation ** 2) * normal(random);
    return Math.sqrt(betweenRatio) * last;
  };
}

/** As it was seen; the detector allows for more. */
function correlationOf({ variation }: Watch): number {
  const { pairs, products } = variation?.sessions ?? { pairs: 0, products: 0 };
  return pairs > 0 ? inside(products / pairs) : 0;
}

/** Bin of a value of the bin, made larger by a share of itself: the grid is one of logarithms. */
export function shiftBin(bin: number, change: number): number {
  if (bin === 0) return 0;
  return bin + Math.sign(bin) * Math.round(Math.log1p(change) / Math.log(GRID_GAMMA));
}

function binsOf(counts: readonly (readonly [number, number])[]): Histogram {
  const bins = new Map<number, number>();
  for (const [bin, rows] of counts) if (rows > 0) bins.set(bin, (bins.get(bin) ?? 0) + rows);
  return [...bins].sort(([a], [b]) => a - b);
}

/** Expected successes above which the law is as good as normal. */
const NORMAL_FROM = 30;

/** Successes of so many independent trials. O(1 + expected successes or failures, at most 30). */
export function drawBinomial(trials: number, share: number, random: () => number): number {
  if (share > 0.5) return trials - drawBinomial(trials, 1 - share, random);
  if (trials <= 0 || share <= 0) return 0;
  const mean = trials * share;
  if (mean > NORMAL_FROM) {
    const found = Math.round(mean + Math.sqrt(mean * (1 - share)) * normal(random));
    return Math.min(trials, Math.max(0, found));
  }
  // From success to success: the failures between two are geometric.
  let [place, successes] = [0, 0];
  for (;;) {
    place += 1 + Math.floor(Math.log(1 - random()) / Math.log1p(-share));
    if (place > trials) return successes;
    successes++;
  }
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function inside(share: number): number {
  return Math.min(1, Math.max(0, share));
}
