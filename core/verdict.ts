import type { Verdict } from './finding.ts';

const RANKS: Readonly<Record<Verdict, number>> = { improvement: 0, change: 1, regression: 2 };

/** Positive if `a` is worse news than `b`; for sorting. What is neither better nor worse may turn out to be either. */
export const compareVerdicts = (a: Verdict, b: Verdict): number => RANKS[a] - RANKS[b];
