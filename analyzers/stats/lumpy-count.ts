/** How ones come in a window: at a rate that differs from window to window, and in sessions. */
export interface LumpyLaw {
  /** Rows of a window, and how many windows of that size there are: neither need be whole. */
  readonly windowRows: number;
  readonly windows: number;
  /** Mean rate, in (0, 1). */
  readonly rate: number;
  /** Variance of a window's rate. */
  readonly rateVariance: number;
  readonly sessionRows: number;
  /** Correlation of two rows of a session. */
  readonly correlation: number;
}

/** Halvings of the bracket of the saddlepoint: 1e-12 of its width. */
const HALVINGS = 60;

/**
 * Deviations by which `ones` is above its mean, such that the normal tail of it is the chance of that or more (r*, a
 * mid-p-value). The rate of each window is gamma distributed; ones come singly or, with chance ρ, a session's worth at a
 * time (compound Poisson). Where both are rare a count is far more skewed than its variance says: one bad hour, or one
 * session of refusals, is no evidence of a change. 0 at the mean or below.
 *
 * @see negative binomial and binomial laws at the ends, up to the Poisson law for rare ones; oracle: those laws added up
 */
export function lumpyCountZ(ones: number, law: LumpyLaw): number {
  const { windowRows, windows, rate } = law;
  const target = ones / windows;
  if (target <= windowRows * rate) return 0;
  let [low, high] = [0, largestTilt(law)];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (cumulants(law, middle).slope < target) low = middle;
    else high = middle;
  }
  const tilt = (low + high) / 2;
  const { value, curvature } = cumulants(law, tilt);
  const w = Math.sqrt(2 * Math.max(0, windows * (tilt * target - value)));
  const u = tilt * Math.sqrt(windows * curvature);
  return w < 1e-3 || !(u > 0) ? w : Math.max(0, w + Math.log(u / w) / w);
}

/** log E exp(t K) of one window's count K with its derivatives: −a log(1 − n m g(t) / a), g of one Poisson event. */
function cumulants(law: LumpyLaw, tilt: number) {
  const { windowRows, rate, rateVariance } = law;
  const mean = windowRows * rate;
  const event = eventOf(law, tilt);
  if (rateVariance <= 0) {
    return { value: mean * event.value, slope: mean * event.slope, curvature: mean * event.curvature };
  }
  const shape = rate ** 2 / rateVariance;
  const left = 1 - (mean * event.value) / shape;
  if (left <= 0) return { value: Infinity, slope: Infinity, curvature: Infinity };
  const slope = (mean * event.slope) / left;
  return {
    value: -shape * Math.log(left),
    slope,
    curvature: (mean * event.curvature) / left + slope ** 2 / shape,
  };
}

/** (1 − ρ)(e^t − 1) + ρ (e^(s t) − 1) / s and its derivatives. */
function eventOf({ sessionRows, correlation }: LumpyLaw, tilt: number) {
  const single = Math.exp(tilt);
  const together = Math.exp(sessionRows * tilt);
  return {
    value: (1 - correlation) * (single - 1) + (correlation * (together - 1)) / sessionRows,
    slope: (1 - correlation) * single + correlation * together,
    curvature: (1 - correlation) * single + correlation * sessionRows * together,
  };
}

/** Where the law's exponential moments end, or far beyond what any count asks for. */
function largestTilt(law: LumpyLaw): number {
  let high = 1;
  while (high < 30 && Number.isFinite(cumulants(law, high).slope)) high *= 2;
  return high;
}
