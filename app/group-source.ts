import type { GroupSource } from '../analyzers/fairness/disparities.ts';
import { oddsOf } from '../analyzers/fairness/equalised-odds.ts';
import type { Config } from '../core/config.ts';
import type { GroupLabel } from '../core/group-label.ts';
import type { GroupTable } from '../core/group-table.ts';
import { SCORE_PREFIX } from '../core/signals.ts';
import type { Store } from '../sql/client.ts';
import type { GroupQuery } from '../sql/queries/group-rows.ts';
import { groupStrata, hasGroups, type StreamGroups } from '../sql/queries/group-strata.ts';
import { createRangeCache } from './range-cache.ts';

/** A decision that is held against what would have been right. */
export interface OddsChoice {
  readonly prediction: string;
  readonly label: GroupLabel;
}

export interface GroupSourceOptions extends Pick<GroupQuery, 'strataBy'> {
  /** Whether all streams have the same windows: then one query serves them all. */
  readonly isByTime: boolean;
  /** Labels come late: a window looks at the decisions of so long before. */
  readonly odds: (OddsChoice & { readonly delayMs: number }) | null;
}

/** A window is one stretch of time, whatever its length. */
const WHOLE_WINDOW_S = 4_000_000_000;
/** Of a stream and window: the topics of a map, 24 at most, of ten prompts. */
const STRATA_MAX = 256;
/** Attribute that the two inferences of a counterfactual pair share. */
export const PAIR_ATTRIBUTE = 'pair';

/** How the settings want groups matched, and which decisions held against labels. */
export const groupSettings = (config: Config): Pick<GroupSourceOptions, 'strataBy' | 'odds'> => ({
  strataBy: config.FAIRNESS_MATCH_BY,
  odds:
    config.FAIRNESS_LABEL && config.FAIRNESS_PREDICTION
      ? {
          prediction: config.FAIRNESS_PREDICTION,
          label: config.FAIRNESS_LABEL,
          delayMs: config.JUDGED_DELAY,
        }
      : null,
});

/** What a question about labels asks beside the label: the one decision. */
export const oddsQuery = ({ prediction, label }: OddsChoice): Pick<GroupQuery, 'label' | 'scores'> => ({
  label,
  scores: prediction.startsWith(SCORE_PREFIX) ? [prediction.slice(SCORE_PREFIX.length)] : [],
});

/**
 * The groups of a window, from the store. With windows of time the last one is kept: its streams come one after another. Windows follow
 * each other without a gap, and so do the earlier ones that labels are looked for in: each decision is seen once.
 */
export function createGroupSource(
  store: Store,
  { isByTime, strataBy, odds }: GroupSourceOptions,
): GroupSource {
  const shared = { strataBy, bucketSeconds: WHOLE_WINDOW_S, pairBy: PAIR_ATTRIBUTE, strataMax: STRATA_MAX };

  async function groupsOf(
    range: { since: Date; until: Date },
    at: Pick<GroupQuery, 'stream' | 'label' | 'scores'>,
  ): Promise<StreamGroups[]> {
    if (!(await hasGroups(store, { ...range, stream: at.stream }))) return [];
    return groupStrata(store, { ...range, ...shared, ...at });
  }

  async function read(
    { since, until }: { since: Date; until: Date },
    stream: GroupQuery['stream'],
  ): Promise<(key: StreamName) => GroupTable> {
    const now = await groupsOf({ since, until }, { stream, label: null, scores: null });
    if (odds === null) return (key) => tableOf(now, key);
    const before = (at: Date) => new Date(at.getTime() - odds.delayMs);
    const earlier = { since: before(since), until: before(until) };
    const labelled = await groupsOf(earlier, { stream, ...oddsQuery(odds) });
    return (key) => {
      const { tallies, pairs } = tableOf(now, key);
      return { tallies: [...tallies, ...oddsOf(tableOf(labelled, key), odds.prediction).tallies], pairs };
    };
  }

  const wholes = createRangeCache((range) => read(range, null));
  return {
    async read({ project, model, version }, { since, until }) {
      const stream = { project, model, version };
      const tables = await (isByTime ? wholes.read({ since, until }) : read({ since, until }, stream));
      return tables(stream);
    },
  };
}

interface StreamName {
  readonly project: string;
  readonly model: string;
  readonly version: string;
}

const tableOf = (all: readonly StreamGroups[], { project, model, version }: StreamName): GroupTable =>
  all.find(({ key }) => key.project === project && key.model === model && key.version === version)?.table ?? {
    tallies: [],
    pairs: [],
  };
