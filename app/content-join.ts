import { groupBy } from '../core/group-by.ts';
import type { Inference } from '../core/inference.ts';
import type { CheckedBlock } from '../ingest/block.ts';
import type { CheckResult } from '../ingest/check-block.ts';
import type { Content } from '../ingest/otlp/content.ts';
import { mergeContent } from '../ingest/otlp/merge-content.ts';
import type { Store } from '../sql/client.ts';
import { recordsOf, type StoredRecord } from '../sql/queries/records.ts';
import {
  hasSpanContents,
  type InferenceNames,
  spanContents,
  writeSpanContents,
} from '../sql/queries/span-contents.ts';

export interface ContentJoinDeps {
  readonly store: Store;
  /** Checks records as lines of JSON, and computes their signals. */
  readonly check: (body: Uint8Array, job: { kind: 'inference'; now: Date }) => Promise<CheckResult>;
  /** Stores a checked block of inferences, all of it. */
  readonly insert: (block: CheckedBlock) => Promise<void>;
}

/**
 * Puts spans and the log events that hold their texts together, in whatever order and process they arrive: whoever
 * comes stores what it has first and then looks for the other, so the later one always finds the earlier. A record
 * that is completed is stored again as a correction of itself; doing so twice changes nothing.
 */
export interface ContentJoin {
  /** Stores the block, and completes those of it whose texts are here. */
  insertInferences(block: CheckedBlock): Promise<void>;
  /** Stores the pieces, and completes the inferences that are here. */
  insertContents(block: CheckedBlock): Promise<void>;
}

/** Ids of inferences that were spans. */
const SPAN_ID = /^[0-9a-f]{32}:[0-9a-f]{16}$/;
/** Inferences completed at once: bounds what is held of their texts. */
const BATCH = 500;

export function createContentJoin(deps: ContentJoinDeps): ContentJoin {
  const { store, insert } = deps;
  let last: Promise<void> = Promise.resolve();

  /** One at a time: of two that complete the same record side by side, the one with fewer pieces could come last. */
  function completeAll(names: InferenceNames): Promise<void> {
    const completed = last.then(() => completeInBatches(names));
    last = completed.catch(() => {});
    return completed;
  }
  async function completeInBatches({ projects, ids }: InferenceNames): Promise<void> {
    for (let at = 0; at < ids.length; at += BATCH) {
      await complete(deps, {
        projects: projects.slice(at, at + BATCH),
        ids: ids.slice(at, at + BATCH),
      });
    }
  }
  return {
    async insertInferences(block) {
      await insert(block);
      const spans = spansOf(block);
      if (spans.ids.length > 0 && (await hasSpanContents(store))) await completeAll(spans);
    },
    async insertContents(block) {
      await writeSpanContents(store, block.lines);
      await completeAll({ projects: block.projects, ids: block.ids });
    },
  };
}

function spansOf({ ids, projects }: CheckedBlock): InferenceNames {
  const rows = ids.flatMap((id, row) => (SPAN_ID.test(id) ? [row] : []));
  return { ids: rows.map((row) => ids[row] ?? ''), projects: rows.map((row) => projects[row] ?? '') };
}

async function complete({ store, check, insert }: ContentJoinDeps, names: InferenceNames): Promise<void> {
  const pieces = groupBy((await spanContents(store, names)) as Content[], keyOf);
  if (pieces.size === 0) return;
  const records = await recordsOf(store, names);
  const merged = records.flatMap((stored) => mergedWith(stored, pieces.get(keyOf(stored.record)) ?? []));
  if (merged.length === 0) return;
  const lines = merged.map(({ record }) => `${JSON.stringify(record)}\n`).join('');
  const newest = Math.max(...merged.map(({ receivedAt }) => receivedAt.getTime()));
  // Received after what it corrects, whatever the clock of this process says.
  const now = new Date(Math.max(Date.now(), newest + 1));
  const { block } = await check(Buffer.from(lines), { kind: 'inference', now });
  if (block.rows > 0) await insert(block);
}

/** The completed record, if completing it changes it. */
function mergedWith({ record, receivedAt }: StoredRecord, pieces: readonly Content[]): StoredRecord[] {
  const whole = mergeContent(record as Inference, pieces) as StoredRecord['record'];
  return JSON.stringify(whole) === JSON.stringify(record) ? [] : [{ record: whole, receivedAt }];
}

const keyOf = ({ project, id }: { project: string; id: string }): string => `${project}\n${id}`;
