import { z } from 'zod';
import { disparitiesOf, type GroupDisparity } from '../../analyzers/fairness/disparities-of.ts';
import { type Odds, oddsOf } from '../../analyzers/fairness/equalised-odds.ts';
import { type Gap, nearEnd } from '../../analyzers/fairness/gap.ts';
import { DEFAULT_FAIRNESS_OPTIONS } from '../../analyzers/fairness/options.ts';
import { groupBy } from '../../core/group-by.ts';
import { type GroupTable, type GroupTally, OTHER_VALUE } from '../../core/group-table.ts';
import { signalSpec } from '../../core/signals.ts';
import type { Store } from '../../sql/client.ts';
import { groupStrata, type StreamGroups } from '../../sql/queries/group-strata.ts';
import { oddsQuery, PAIR_ATTRIBUTE } from '../group-source.ts';
import type { FairnessPlan } from './request.ts';

/** Inferences of one day are compared with each other. */
const BUCKET_S = 86_400;
/** Of a stream: a month of days of 64 prompts and topics. */
const STRATA_MAX = 2_000;

const Limits = z.object({ value: z.number(), low: z.number().nullable(), high: z.number().nullable() });

const DisparityLine = z.object({
  attribute: z.string(),
  value: z.string(),
  signal: z.string(),
  outcome: z.enum(['disparity', 'none_shown', 'not_enough_data']),
  /** Of a disparity: `regression` where the group is worse off. */
  verdict: z.enum(['regression', 'improvement', 'change']).nullable(),
  /** Rates of like with like; of numbers medians. */
  group: z.number().nullable(),
  rest: z.number().nullable(),
  difference: Limits.nullable(),
  /** Group over rest, of the event or of its absence, whichever says more; `is_beyond`: its whole interval is. */
  four_fifths: Limits.extend({
    of: z.enum(['event', 'absence']),
    shrunk: z.number().nullable(),
    is_beyond: z.boolean(),
  }).nullable(),
  /** Of numbers. */
  cliffs_delta: Limits.extend({ shrunk: z.number().nullable() }).nullable(),
  /** Two-sided, adjusted for all groups and signals of the stream. */
  p: z.number(),
  design_effect: z.number(),
  rows: z.object({ group: z.number(), rest: z.number() }),
  rows_needed: z.number().nullable(),
});

/** The answer of GET /v1/fairness and of `plumbline fairness --json`; docs/fairness.md explains it. */
export const FairnessReport = z.object({
  since: z.string(),
  until: z.string(),
  family_wise: z.number(),
  matched_by: z.array(z.string()),
  odds: z.object({ prediction: z.string(), label: z.string() }).nullable(),
  streams: z.array(
    z.object({
      project: z.string(),
      model: z.string(),
      version: z.string(),
      /** Share of the inferences that are in no stratum of their own: beyond the largest, they are compared as one. */
      unmatched: z.number(),
      /** Why there are no equalised odds; null where there are, or none were asked for. */
      odds_lack: z.enum(['prediction', 'labels', 'rate']).nullable(),
      disparities: z.array(DisparityLine),
    }),
  ),
});

export type FairnessReport = z.infer<typeof FairnessReport>;
export type DisparityLine = z.infer<typeof DisparityLine>;

/** Every group of every stream against the rest, like with like, on the inferences of the plan. */
export async function fairnessReport(store: Store, plan: FairnessPlan): Promise<FairnessReport> {
  const { since, until, strataBy, odds, familyWise, project, model, version } = plan;
  const query = {
    ...{ since, until, strataBy, stream: { project, model, version } },
    ...{ bucketSeconds: BUCKET_S, pairBy: PAIR_ATTRIBUTE, strataMax: STRATA_MAX },
  };
  const found = await groupStrata(store, { ...query, label: null, scores: null });
  const labelled = odds ? await groupStrata(store, { ...query, ...oddsQuery(odds) }) : [];
  return {
    since: since.toISOString(),
    until: until.toISOString(),
    family_wise: familyWise,
    matched_by: ['prompt_name', 'topic', 'day', ...strataBy.map((name) => `attribute.${name}`)],
    odds: odds && { prediction: odds.prediction, label: labelText(odds.label) },
    streams: found.map(({ key, table }) => {
      const ofOdds = odds && oddsOf(sameStream(labelled, key), odds.prediction);
      return {
        ...{ project: key.project, model: key.model, version: key.version },
        unmatched: unmatchedShare(table.tallies),
        odds_lack: ofOdds?.lacks ?? null,
        // Each stream has its part of the level, so that all of them together keep it.
        disparities: linesOf(table, ofOdds, familyWise / found.length),
      };
    }),
  };
}

function labelText({ of, name, yes, from }: NonNullable<FairnessPlan['odds']>['label']): string {
  if (of === 'score') return `score:${name}>=${from}`;
  return `attribute.${name}${yes === '' ? '' : `=${yes}`}`;
}

const sameStream = (all: readonly StreamGroups[], own: StreamGroups['key']): GroupTable =>
  all.find(({ key }) => key.project === own.project && key.model === own.model && key.version === own.version)
    ?.table ?? { tallies: [], pairs: [] };

/** By the signal that most inferences have. */
function unmatchedShare(tallies: readonly GroupTally[]): number {
  const rowsOf = (some: readonly GroupTally[]) => some.reduce((sum, { count }) => sum + count, 0);
  const bySignal = [...groupBy(tallies, ({ signal }) => signal).values()];
  const [most = []] = bySignal.sort((a, b) => rowsOf(b) - rowsOf(a));
  const all = rowsOf(most);
  return all === 0 ? 0 : rowsOf(most.filter(({ stratum }) => stratum === OTHER_VALUE)) / all;
}

function linesOf(table: GroupTable, odds: Odds | null, familyWise: number): DisparityLine[] {
  const tallies = [...table.tallies, ...(odds?.tallies ?? [])];
  return disparitiesOf({ tallies, pairs: table.pairs }, { familyWise, fairness: DEFAULT_FAIRNESS_OPTIONS })
    .filter(({ value }) => value !== OTHER_VALUE)
    .map(lineOf);
}

const OUTCOMES = { alarm: 'disparity', quiet: 'none_shown', not_enough_data: 'not_enough_data' } as const;

function lineOf({ attribute, value, signal, outcome, gap, ...found }: GroupDisparity): DisparityLine {
  const verdict = outcome === 'alarm' && gap ? signalSpec(signal)[gap.side] : null;
  return {
    ...{ attribute, value, signal, verdict },
    outcome: OUTCOMES[outcome],
    group: gap?.group ?? null,
    rest: gap?.rest ?? null,
    difference: gap?.difference ? limitsOf(gap.difference) : null,
    four_fifths: gap ? fourFifthsOf(gap, found.shrunk) : null,
    cliffs_delta: gap && gap.sizes.length === 1 ? { ...limitsOf(gap.size), shrunk: found.shrunk } : null,
    p: Math.exp(found.logP),
    design_effect: found.designEffect,
    rows: { group: Math.round(gap?.rows.group ?? 0), rest: Math.round(gap?.rows.rest ?? 0) },
    rows_needed: found.rowsNeeded,
  };
}

/** The ratio that the rule of four fifths was held against. */
function fourFifthsOf(gap: Gap, shrunk: number | null): DisparityLine['four_fifths'] {
  if (gap.sizes.length === 1) return null;
  const isEvent = gap.size === gap.sizes[0];
  const sign = isEvent ? 1 : -1;
  const ratio = (size: number) => Math.exp(sign * size);
  const [low, high] = isEvent ? [gap.size.low, gap.size.high] : [gap.size.high, gap.size.low];
  if (!Number.isFinite(ratio(gap.size.value))) return null;
  return {
    of: isEvent ? 'event' : 'absence',
    ...limitsOf({ value: ratio(gap.size.value), low: ratio(low), high: ratio(high) }),
    shrunk: shrunk === null ? null : finite(ratio(shrunk)),
    is_beyond: Math.abs(nearEnd(gap.size)) > gap.tolerance,
  };
}

const limitsOf = ({ value, low, high }: { value: number; low: number; high: number }) => ({
  value,
  low: finite(low),
  high: finite(high),
});

/** JSON has no infinity; where there is no limit, none is given. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
