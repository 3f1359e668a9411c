/**
 * Sums of judged inferences that suffice for a prediction-powered mean; additive. Scores are scaled to [0, 1].
 * `y` is a person's score and `f` the judge's, of the inferences that have both; `g` is the judge's of those without a label.
 */
export interface Moments {
  readonly labels: number;
  readonly y: number;
  readonly yy: number;
  readonly f: number;
  readonly ff: number;
  readonly yf: number;
  readonly others: number;
  readonly g: number;
  readonly gg: number;
}

export const NO_MOMENTS: Moments = { labels: 0, y: 0, yy: 0, f: 0, ff: 0, yf: 0, others: 0, g: 0, gg: 0 };

/** Sums of the union of two disjoint sets. */
export function addMoments(a: Moments, b: Moments): Moments {
  return {
    labels: a.labels + b.labels,
    y: a.y + b.y,
    yy: a.yy + b.yy,
    f: a.f + b.f,
    ff: a.ff + b.ff,
    yf: a.yf + b.yf,
    others: a.others + b.others,
    g: a.g + b.g,
    gg: a.gg + b.gg,
  };
}

/** Sums of inferences; `label` null: judged alone. */
export function momentsOf(
  rows: Iterable<{ readonly judge: number; readonly label: number | null }>,
): Moments {
  const sums = { ...NO_MOMENTS };
  const mutable: { -readonly [Name in keyof Moments]: number } = sums;
  for (const { judge, label } of rows) {
    if (label === null) {
      mutable.others++;
      mutable.g += judge;
      mutable.gg += judge * judge;
      continue;
    }
    mutable.labels++;
    mutable.y += label;
    mutable.yy += label * label;
    mutable.f += judge;
    mutable.ff += judge * judge;
    mutable.yf += judge * label;
  }
  return sums;
}

/** Sample variance of y − λ f over the labels; 0 of fewer than two. */
export function residualVariance({ labels, y, yy, f, ff, yf }: Moments, lambda: number): number {
  if (labels < 2) return 0;
  const sum = y - lambda * f;
  const squares = yy - 2 * lambda * yf + lambda * lambda * ff;
  return Math.max(0, (squares - (sum * sum) / labels) / (labels - 1));
}

/** Sample variance of the judge's score over the inferences without a label. */
export function judgeVariance({ others, g, gg }: Moments): number {
  return others < 2 ? 0 : Math.max(0, (gg - (g * g) / others) / (others - 1));
}
