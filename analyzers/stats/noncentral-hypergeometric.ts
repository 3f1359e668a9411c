import { logChoose } from './log-choose.ts';

/** Rows of a group and of the rest, and the events among all of them: the margins of a 2 × 2 table. */
export interface Margins {
  readonly group: number;
  readonly rest: number;
  readonly events: number;
}

/** Terms this far below the largest one no longer change a double. */
const NEGLIGIBLE = 1e-18;

/**
 * log of Σ_k C(group, k) C(rest, events − k) e^(k·logOdds): what normalises Fisher's noncentral hypergeometric law,
 * the law of the group's events given the margins when the odds of an event in the group are e^logOdds times those
 * in the rest. O(its standard deviation).
 *
 * @see Fog (2008); oracle scipy.stats.nchypergeom_fisher
 */
export function logNormaliser(margins: Margins, logOdds: number): number {
  const { group, rest, events } = margins;
  const low = Math.max(0, events - rest);
  const high = Math.min(events, group);
  const start = Math.min(high, Math.max(low, Math.floor(modeOf(margins, logOdds))));
  const ratio = Math.exp(logOdds);
  let sum = 1;
  let term = 1;
  for (let k = start; k < high && term > NEGLIGIBLE * sum; k++) {
    term *= (((group - k) * (events - k)) / ((k + 1) * (rest - events + k + 1))) * ratio;
    sum += term;
  }
  term = 1;
  for (let k = start; k > low && term > NEGLIGIBLE * sum; k--) {
    term *= (k * (rest - events + k)) / ((group - k + 1) * (events - k + 1)) / ratio;
    sum += term;
  }
  return logChoose(group, start) + logChoose(rest, events - start) + start * logOdds + Math.log(sum);
}

/** Where neighbouring terms are about equal: the root of (group − k)(events − k)ψ = k(rest − events + k). */
function modeOf({ group, rest, events }: Margins, logOdds: number): number {
  const odds = Math.exp(logOdds);
  const a = odds - 1;
  const b = (group + events + 2) * odds + rest - events;
  const c = (group + 1) * (events + 1) * odds;
  return (2 * c) / (b + Math.sqrt(Math.max(0, b * b - 4 * a * c)));
}
