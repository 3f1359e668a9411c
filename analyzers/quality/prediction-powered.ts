import { studentIsf } from '../stats/student.ts';
import { addMoments, judgeVariance, type Moments, residualVariance } from './moments.ts';

/** A mean with its interval: low ≤ value ≤ high, in the scale of the scores, [0, 1]. */
export interface MeanInterval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Mean of people's scores over all inferences, from a judge's scores on all of them and people's on a few: the judge's mean,
 * corrected by how far it is off on the few. However bad the judge is, the interval holds: a useless one is left out by
 * itself (λ → 0), and the better it is, the narrower the interval gets. Which inferences get a label must not depend on
 * their quality: a random sample, or all of some sessions.
 *
 *     θ = mean(y − λ f) + λ mean(g),   λ = cov(y, f) / (var(f) (1 + n/N))
 *
 * λ of each half of the labels is taken from the other half, so that tuning does not narrow the interval by chance. Student's
 * t on the labels; null below 4 labels in a half or without judged inferences in one.
 *
 * @param halves sums of two disjoint random halves, by a hash of the session
 * @param alpha chance that the interval misses; approximate for few labels and scores near 0 or 1: docs/judged-quality.md
 *   has the measured coverage
 * @see Angelopoulos et al., "Prediction-powered inference" (Science 2023) and "PPI++" (2023); EmertonData/glide
 */
export function predictionPoweredMean(
  halves: readonly [Moments, Moments],
  alpha: number,
): (MeanInterval & { readonly lambda: number }) | null {
  const [first, second] = halves;
  if (halves.some(({ labels, others }) => labels < LABELS_MIN || others < 2)) return null;
  const labels = first.labels + second.labels;
  const parts = [partOf(first, tunedLambda(second)), partOf(second, tunedLambda(first))] as const;
  let [value, variance, lambda] = [0, 0, 0];
  for (const part of parts) {
    const weight = part.labels / labels;
    value += weight * part.value;
    variance += weight * weight * part.variance;
    lambda += weight * part.lambda;
  }
  const margin = studentIsf(alpha / 2, labels - 2) * Math.sqrt(variance);
  return { value, low: value - margin, high: value + margin, lambda };
}

/** The same from the labels alone, as everyone would do it; null of fewer than two. */
export function labelledMean(moments: Moments, alpha: number): MeanInterval | null {
  const { labels, y } = moments;
  if (labels < 2) return null;
  const value = y / labels;
  const margin = studentIsf(alpha / 2, labels - 1) * Math.sqrt(residualVariance(moments, 0) / labels);
  return { value, low: value - margin, high: value + margin };
}

/** How far the judge is above people on average, from the labels; null of fewer than two. */
export function judgeBias(moments: Moments, alpha: number): MeanInterval | null {
  const { labels, y, f } = moments;
  if (labels < 2) return null;
  const value = (f - y) / labels;
  const margin = studentIsf(alpha / 2, labels - 1) * Math.sqrt(residualVariance(moments, 1) / labels);
  return { value, low: value - margin, high: value + margin };
}

const LABELS_MIN = 4;
/**
 * Added to a half's sum of squares, as if one label more lay half a range from the mean: a good judge is seldom off, and on 15
 * labels often never, which must not read as certainty. Without it 95 % intervals cover 85 % (30 labels, a judge right for
 * 95 %).
 */
const PRIOR_SQUARES = 0.25;

/** λ that makes the interval narrowest, in [0, 1]: a judge that is worth less than nothing is left out. */
export function tunedLambda({ labels, y, f, ff, yf, others }: Moments): number {
  const variance = ff - (f * f) / labels;
  if (labels < 2 || others === 0 || variance <= 0) return 0;
  const lambda = (yf - (y * f) / labels) / (variance * (1 + labels / others));
  return Math.min(1, Math.max(0, lambda));
}

function partOf(moments: Moments, lambda: number) {
  const { labels, y, f, others, g } = moments;
  const value = (y - lambda * f) / labels + (lambda * g) / others;
  const prior = PRIOR_SQUARES / (labels - 1);
  const variance =
    (residualVariance(moments, lambda) + prior) / labels +
    (lambda * lambda * judgeVariance(moments)) / others;
  return { labels, lambda, value, variance };
}

/** All moments of several, for what needs no halves. */
export function totalOf(moments: readonly Moments[]): Moments {
  return moments.reduce(addMoments);
}
