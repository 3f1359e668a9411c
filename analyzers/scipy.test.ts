import { describe, expect, it } from 'vitest';
import golden from '../test/golden/scipy.json' with { type: 'json' };
import { contingency, cramersV, jensenShannon } from './categories/contingency.ts';
import { clusterMean, welchDf } from './gate/clusters.ts';
import { changedLeaves } from './page-evidence.ts';
import { fisherLogP } from './stats/fisher.ts';
import { weightedHolm } from './stats/holm.ts';
import { ksTest } from './stats/ks.ts';
import { newcombeInterval, wilsonInterval } from './stats/proportion-interval.ts';
import { studentLogSf } from './stats/student.ts';

// Every entry of the vectors that the project was given: what is ours agrees, and what is not is said here.

/** Statistics that nothing of ours computes, or computes otherwise on purpose. */
const NOT_OURS: Readonly<Record<string, string>> = {
  cramersV: 'V is corrected for its bias',
  ks_asymp: 'KS is exact',
  mwu_asymp_cc: 'ranks are tested by saddlepoint, without a continuity correction (golden.test.ts)',
  cvm_asymp: 'not used',
  anderson_ksamp_midrank: 'not used',
  wasserstein: 'not used',
  energy_distance: 'not used',
  brunnermunzel: 'not used',
  mmd2u_median: 'texts are compared by cells and distances',
  mmd2b_median: 'texts are compared by cells and distances',
  mmd2u_sigma2_1: 'texts are compared by cells and distances',
  mmd2b_sigma2_1: 'texts are compared by cells and distances',
  evidently_chisquare: 'wrong on purpose: one sample, where there are two',
  psi: 'not used',
  kl_pq: 'not used',
  js_base_e: 'the divergence is in bits',
  hellinger: 'not used',
  tvd: 'not used',
  linf: 'not used',
  diff: 'a subtraction',
  z: 'rates are tested exactly',
  p: 'rates are tested exactly',
  ratio: 'a division',
  ratio_ci_log: 'ratios of groups are read off a matched table (fairness)',
  bh_adj: 'e-BH is used',
  by_adj: 'e-BH is used',
  thresholds: 'of e-BH, whose names are compared',
  p2e_calibrator: 'e-values are of bets, not of p-values',
  mde_mean: 'delays are simulated (power/)',
};
const Z = 1.959963984540054;
const INPUTS = ['a', 'b', 't', 'u'];

function histogram(values: readonly number[]): [number, number][] {
  const rows = new Map<number, number>();
  for (const value of values) rows.set(value, (rows.get(value) ?? 0) + 1);
  return [...rows].sort(([a], [b]) => a - b);
}

const { cat, prop, fdr, ebh } = golden;
const table = { before: cat.ref, after: cat.cur };
const [before, after] = [
  { successes: prop.x1, trials: prop.n1 },
  { successes: prop.x2, trials: prop.n2 },
];
const ks = (baseline: readonly number[], current: readonly number[]) => {
  const { statistic, logP } = ksTest(histogram(baseline), histogram(current));
  return [statistic, Math.exp(logP)];
};
/** Of rows that each are a cluster of their own. */
function welch(baseline: readonly number[], current: readonly number[]): number[] {
  const alone = (values: readonly number[]) => ({ values, clusters: values.map((_, row) => `${row}`) });
  const [old, now] = [clusterMean(alone(baseline)), clusterMean(alone(current))];
  const t = (old.mean - now.mean) / Math.sqrt(old.variance + now.variance);
  const df = welchDf(old, now);
  return [t, 2 * Math.exp(studentLogSf(Math.abs(t), df)), df];
}
const bounds = ({ low, high }: { low: number; high: number }) => [low, high];

/** By the place of an entry, what ours says. */
const OURS: Readonly<Record<string, () => readonly number[]>> = {
  'a_vs_b.ks_2samp': () => ks(golden.a, golden.b),
  'a_vs_b.welch': () => welch(golden.a, golden.b),
  't_vs_u.welch': () => welch(golden.t, golden.u),
  'cat.chi2_contingency': () => {
    const { chiSquared, df } = contingency(table);
    return [chiSquared, cat.chi2_contingency[1] as number, df];
  },
  'cat.g_test': () => {
    const { g, logP } = contingency(table);
    return [g, Math.exp(logP)];
  },
  'cat.js_base2': () => [jensenShannon(table)],
  'cat.cramersV_bias_corrected': () => [cramersV(table).value],
  'prop.wilson1': () => bounds(wilsonInterval(before, Z)),
  'prop.wilson2': () => bounds(wilsonInterval(after, Z)),
  'prop.newcombe_ci': () => bounds(newcombeInterval(after, before, Z)),
  'prop.fisher': () => [Math.exp(fisherLogP(before, after))],
  'fdr.holm': () => {
    const tests = fdr.p.map((p) => ({ logP: Math.log(p), weight: 1 / fdr.p.length }));
    return weightedHolm(tests).map(Math.exp);
  },
  'ebh.rejected': () => {
    const leaves = ebh.e.map((e) => ({ weight: 1 / ebh.e.length, logDetector: 0, logEValue: Math.log(e) }));
    return [changedLeaves(leaves, ebh.alpha).length];
  },
};

/** Arguments among the results. */
const ARGUMENTS = ['ref', 'cur', 'x1', 'n1', 'x2', 'n2', 'fdr.p', 'e', 'alpha'];

const entries = Object.entries(golden as Record<string, object>)
  .filter(([group]) => !INPUTS.includes(group))
  .flatMap(([group, fields]) =>
    NOT_OURS[group]
      ? []
      : Object.entries(fields).map(([field, value]) => ({ place: `${group}.${field}`, field, value })),
  )
  .filter(({ place, field }) => !ARGUMENTS.includes(field) && !ARGUMENTS.includes(place));

describe('the vectors that the project was given', () => {
  it.each(entries.filter(({ place }) => OURS[place]))('$place', ({ place, value }) => {
    const [ours, expected] = [OURS[place]?.() ?? [], [value].flat() as number[]];
    expect(ours.length).toBe(expected.length);
    ours.forEach((number, index) => {
      expect(number).toBeCloseTo(expected[index] ?? Number.NaN, 10);
    });
  });

  it('are all compared, or said not to be ours', () => {
    const open = entries.filter(({ place, field }) => !OURS[place] && !(field in NOT_OURS));
    expect(open.map(({ place }) => place)).toEqual(['t_vs_u.ks_2samp']);
  });

  it('counts ties in KS, which scipy takes for apart: its p is .477', () => {
    const [statistic, p] = ks(golden.t, golden.u);
    expect(statistic).toBeCloseTo(golden.t_vs_u.ks_2samp[0] as number, 12);
    // Counted with integers: 1 - (paths that stay within 1/3 at the ends of ties) / C(22, 10), as in test/golden/stats.py.
    expect(p).toBeCloseTo(0.3110480850418931, 12);
  });
});
