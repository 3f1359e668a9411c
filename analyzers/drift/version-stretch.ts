import { normalLogSf } from '../stats/normal.ts';
import { deviateOf, ownInflation } from './deviates.ts';
import { type Forecast, forecastOf, type Residuals, residualsOf } from './forecast.ts';
import type { History } from './history.ts';
import type { SignalWindow } from './monitor-signal.ts';
import { addResidues, type Residue, residueFrom } from './recent.ts';
import { type Kind, kindOf, type Sample } from './sample.ts';
import { withTolerance } from './scan-residues.ts';
import { baselineMoments, LOWER_TAIL, RANK, SCORES, SPREAD, scoreWindow, UPPER_TAIL } from './scores.ts';
import type { Variation } from './variation.ts';

/** One signal of an established version. */
export interface Established {
  readonly sample: Sample;
  /** Null of a baseline of which only its rows are known. */
  readonly variation: Variation | null;
}

/** What the windows of a declared version have shown so far of one signal, in the scores of the version before; JSON. */
export interface VersionStretch {
  readonly kind: Kind;
  readonly residue: Residue;
  /** Of the last window. */
  readonly last: Residuals;
}

/** Adds a window of time that has rows. Ones and zeros that turn out to be numbers begin again. */
export function addToStretch(
  stretch: VersionStretch | undefined,
  window: SignalWindow,
  established: Established,
): VersionStretch {
  const { sample } = established;
  const kind = stretch?.kind === 'continuous' ? 'continuous' : kindOf(sample, window.sample);
  const known = stretch?.kind === kind ? stretch : undefined;
  const forecast = forecastOf(baselineOf(established, kind), window, {
    isTimed: true,
    before: known?.last ?? null,
  });
  const scored = scoreWindow(sample.bins, window.sample.bins, kind);
  const residue = residueFrom(scored, forecast.scores);
  const variances = baselineMoments(sample, kind).map(({ variance }) => variance);
  return {
    kind,
    residue: known ? addResidues(residue, known.residue) : residue,
    last: residualsOf(forecast, scored, { until: window.until, variances }),
  };
}

/** How ranks vary says nothing of a rate, nor the other way round. */
function baselineOf({ sample, variation }: Established, kind: Kind) {
  return { sample, kind, known: kindOf(sample) === kind ? variation : null };
}

export interface StretchTests {
  /** Shares add up to 1. */
  readonly tests: readonly { readonly logP: number; readonly share: number }[];
  /** Mean of each score that was to be expected of these windows. */
  readonly expected: readonly number[];
  /** Rows it takes to tell as much as one that is independent of all others. */
  readonly inflation: number;
}

/** The middle gets three fifths of the level, as with the bets; a fifth each for spread and tails. */
const SHARES_BY_SCORE = { [RANK]: 0.6, [SPREAD]: 0.2, [UPPER_TAIL]: 0.1, [LOWER_TAIL]: 0.1 };

/**
 * Whether a declared version's windows differ from what the version before leads to expect of their hours: the same random-effects
 * deviates as a watched stream's (deviates.ts), two-sided for the middle and the spread, one-sided for tails that fill.
 *
 * @param history of the declared version: its sessions
 */
export function stretchTests(
  { kind, residue }: VersionStretch,
  established: Established,
  { history, window }: { readonly history: History; readonly window: Pick<SignalWindow, 'since' | 'until'> },
): StretchTests {
  const { sample } = established;
  const rows = { ...window, sample: { ...sample, count: residue.rows } };
  const sessions = { rows: history.rows, squares: history.sessionRows };
  const plain = forecastOf(
    baselineOf(established, kind),
    { ...rows, sessions },
    { isTimed: true, before: null },
  );
  const forecast = {
    ...plain,
    scores: plain.scores.map((score, index) => ({ ...score, freedom: freedomOf(plain, index, residue) })),
  };
  const expected = residue.expected.map((sum) => sum / residue.rows);
  const tests = SCORES[kind].map((_, score) => {
    const { logP, isRise } = testOf(
      { kind, residue, sample, forecast },
      { score, expected: expected[score] ?? 0 },
    );
    if (kind === 'rate') return { logP, share: 1 };
    const isTail = score === UPPER_TAIL || score === LOWER_TAIL;
    const share = SHARES_BY_SCORE[score as keyof typeof SHARES_BY_SCORE];
    return { share, logP: isTail ? (isRise ? logP - Math.LN2 : 0) : logP };
  });
  return { tests, expected, inflation: ownInflation(forecast, RANK, residue) };
}

/**
 * Only the variance between windows is uncertain, and of a young version it is a small part of all: by as much as that part is smaller
 * do more degrees of freedom count.
 *
 * @see Satterthwaite (1946)
 */
function freedomOf(forecast: Forecast, score: number, residue: Residue): number {
  const expected = forecast.scores[score];
  if (!expected) return Number.POSITIVE_INFINITY;
  const between = (expected.betweenRatio * residue.squares) / residue.rows;
  const all = ownInflation(forecast, score, residue) + residue.rows / expected.baselineRows;
  return between > 0 ? expected.freedom * Math.max(1, all / between) ** 2 : Number.POSITIVE_INFINITY;
}

function testOf(
  at: {
    readonly kind: Kind;
    readonly residue: Residue;
    readonly sample: Sample;
    readonly forecast: Forecast;
  },
  { score, expected }: { readonly score: number; readonly expected: number },
): { logP: number; isRise: boolean } {
  const { kind, residue, sample, forecast } = at;
  const seen = (residue.sums[score] ?? 0) / residue.rows;
  const tolerance = forecast.scores[score]?.tolerance ?? 0;
  const isShare = SCORES[kind][score]?.isShare === true;
  const mean = withTolerance(seen, expected, { tolerance, isShare });
  const measured = { baseline: sample, kind, forecast };
  const z = deviateOf(measured, { score, residue }, { mean, isEstimate: true });
  return { logP: Math.min(0, Math.LN2 + normalLogSf(Math.abs(z))), isRise: z > 0 };
}
