import type { GroupSource } from '../analyzers/fairness/disparities.ts';
import type { Store } from '../sql/client.ts';
import type { GroupQuery } from '../sql/queries/group-rows.ts';
import { groupStrata, type StreamGroups } from '../sql/queries/group-strata.ts';

export interface GroupSourceOptions extends Pick<GroupQuery, 'strataBy'> {
  /** Whether all streams have the same windows: then one query serves them all. */
  readonly isByTime: boolean;
}

/** A window is one stretch of time, whatever its length. */
const WHOLE_WINDOW_S = 4_000_000_000;
/** Attribute that the two inferences of a counterfactual pair share. */
const PAIR_ATTRIBUTE = 'pair';

/** The groups of a window, from the store. With windows of time the last one is kept: its streams come one after another. */
export function createGroupSource(store: Store, { isByTime, strataBy }: GroupSourceOptions): GroupSource {
  let last: { readonly name: string; readonly groups: Promise<StreamGroups[]> } | null = null;

  function groupsOf(
    range: { since: Date; until: Date },
    stream: GroupQuery['stream'],
  ): Promise<StreamGroups[]> {
    const what = { strataBy, bucketSeconds: WHOLE_WINDOW_S, pairBy: PAIR_ATTRIBUTE, label: '' };
    return groupStrata(store, { ...range, ...what, stream });
  }

  async function whole(range: { since: Date; until: Date }): Promise<StreamGroups[]> {
    const name = `${range.since.getTime()} ${range.until.getTime()}`;
    if (last?.name !== name) last = { name, groups: groupsOf(range, null) };
    try {
      return await last.groups;
    } catch (error) {
      // What failed is asked for again.
      last = null;
      throw error;
    }
  }

  return {
    async read({ project, model, version }, { since, until }) {
      const stream = { project, model, version };
      const all = await (isByTime ? whole({ since, until }) : groupsOf({ since, until }, stream));
      const own = all.find(
        ({ key }) => key.project === project && key.model === model && key.version === version,
      );
      return own?.table ?? { tallies: [], pairs: [] };
    },
  };
}
