// The Numenta Anomaly Benchmark's scoring, standard profile (Lavin & Ahmad, "Evaluating real-time anomaly detection
// algorithms", 2015; numenta/NAB nab/scorer.py): a detection in a window counts once, the earlier the more; one outside
// costs, the less the sooner it comes after a window; a window without one costs most.
const PROFILE = { truePositive: 1, falsePositive: 0.11, falseNegative: 1 };
const PROBATION_SHARE = 0.15;
const PROBATION_ROWS_MAX = 750;

/** Rows at the start of a series in which nothing is scored. */
export const probationOf = (rows) => Math.min(Math.floor(PROBATION_SHARE * rows), PROBATION_ROWS_MAX);

/**
 * Score of a corpus at one threshold: 0 for a detector that says nothing, 100 for one that finds every window at its start.
 *
 * @param series [{ scores: number per row, windows: [first row, last row][] }]
 */
export function nabScore(series, threshold) {
  const windows = series.reduce((sum, one) => sum + scored(one).length, 0);
  const raw = series.reduce((sum, one) => sum + rawScore(one, threshold), 0);
  const nothing = -PROFILE.falseNegative * windows;
  return (100 * (raw - nothing)) / (PROFILE.truePositive * windows - nothing);
}

/** More are told apart by nobody, and each is a pass over every series. */
const THRESHOLDS_MAX = 400;

/** The best score over all thresholds, one for the whole corpus, as NAB chooses it. */
export function bestScore(series) {
  const found = [...new Set(series.flatMap(({ scores }) => scores.filter((score) => score > 0)))].sort(
    (a, b) => a - b,
  );
  const step = Math.max(1, found.length / THRESHOLDS_MAX);
  const thresholds = Array.from(
    { length: Math.min(found.length, THRESHOLDS_MAX) },
    (_, place) => found[Math.floor(place * step)],
  );
  const all = [Number.POSITIVE_INFINITY, ...thresholds].map((threshold) => ({
    threshold,
    score: nabScore(series, threshold),
  }));
  return all.reduce((best, one) => (one.score > best.score ? one : best));
}

function rawScore(one, threshold) {
  const windows = scored(one);
  const found = new Map();
  let score = 0;
  for (let row = probationOf(one.scores.length); row < one.scores.length; row++) {
    if (!(one.scores[row] >= threshold)) continue;
    const window = windows.findIndex(([first, last]) => row >= first && row <= last);
    if (window < 0) score += PROFILE.falsePositive * outside(row, windows);
    else found.set(window, Math.max(found.get(window) ?? 0, inside(row, windows[window])));
  }
  for (let window = 0; window < windows.length; window++)
    score += found.has(window) ? PROFILE.truePositive * found.get(window) : -PROFILE.falseNegative;
  return score;
}

/** A window that begins in the probation is not scored. */
const scored = ({ scores, windows }) => windows.filter(([first]) => first >= probationOf(scores.length));

const sigmoid = (position) => (position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1);

/** 1 at the first row of the window, next to nothing at its last. */
function inside(row, [first, last]) {
  const length = last - first + 1;
  return sigmoid(-(last - row + 1) / length) / sigmoid(-1);
}

function outside(row, windows) {
  const before = windows.filter(([, last]) => last < row).at(-1);
  if (!before) return -1;
  const [first, last] = before;
  return sigmoid((row - last) / Math.max(1, last - first));
}
