import { addMoments, type Moments, NO_MOMENTS } from './moments.ts';

/** One independent look at the mean, in [0, 1] by `scaled`. */
export interface Observation {
  readonly value: number;
  readonly labels: number;
}

/**
 * Independent looks at the mean quality: neighbouring buckets are joined until they hold a label and a judged inference
 * without one, and each group gives mean(y − λ f) + λ mean(g). Its expectation is the mean quality whatever the judge, as
 * long as λ was chosen before; a group shares no inference with another.
 *
 * @param buckets sums by a hash of the session
 * @returns values in [−λ, 1 + λ]
 */
export function qualityObservations(buckets: readonly Moments[], lambda: number): Observation[] {
  return groupsOf(buckets, lambda > 0).map(({ labels, y, f, others, g }) => ({
    value: (y - lambda * f) / labels + (lambda === 0 ? 0 : (lambda * g) / others),
    labels,
  }));
}

/** Independent looks at how far the judge is above people, in [−1, 1]. */
export function biasObservations(buckets: readonly Moments[]): Observation[] {
  return groupsOf(buckets, false).map(({ labels, y, f }) => ({ value: (f - y) / labels, labels }));
}

/** What is left over at the end joins the last group, so that no label is lost. */
function groupsOf(buckets: readonly Moments[], needsOthers: boolean): Moments[] {
  const groups: Moments[] = [];
  let open = NO_MOMENTS;
  for (const bucket of buckets) {
    open = addMoments(open, bucket);
    if (open.labels === 0 || (needsOthers && open.others === 0)) continue;
    groups.push(open);
    open = NO_MOMENTS;
  }
  const last = groups.pop();
  return last ? [...groups, addMoments(last, open)] : [];
}
