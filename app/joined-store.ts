import type { CheckPool } from '../ingest/check-pool.ts';
import type { Store } from '../sql/client.ts';
import type { InferenceWriter } from '../sql/insert.ts';
import { writeScores } from '../sql/queries/scores.ts';
import { minutesOfInferences } from '../sql/rollup.ts';
import { createContentJoin } from './content-join.ts';
import type { BlockStore } from './ingest-path.ts';

export interface JoinedStoreDeps {
  readonly writer: InferenceWriter;
  /** Computes the signals of what is completed. */
  readonly pool: CheckPool;
  /** The inferences of these minutes (ms) changed. */
  readonly touch: (minutes: Iterable<number>) => Promise<void> | void;
}

/**
 * Stores blocks of every kind, spans joined with their texts. Minutes are told of after their rows are there: whoever
 * rolls them up then finds the rows.
 */
export function createJoinedStore(store: Store, { writer, pool, touch }: JoinedStoreDeps): BlockStore {
  const join = createContentJoin({
    store,
    check: (body, job) => pool.check(body, job),
    insert: async (block) => touch(await writer.insert(block)),
  });
  return {
    ...join,
    async insertScores(block) {
      await writeScores(store, block.lines);
      await touch(await minutesOfInferences(store, block.projects, block.ids));
    },
  };
}
