import { z } from 'zod';
import type { Store } from './client.ts';
import type { IdFilter } from './id-filter.ts';
import type { InferenceBlock } from './inference-block.ts';
import { Instant, toSqlInstant } from './instant.ts';
import { minuteOf } from './rollup.ts';

/** Finds under which timestamp each row of a block must be stored, so that a repeated id meets its earlier row. */
export interface Placer {
  /**
   * Ids that are on their way in another block take its timestamps; ids that may be in the store are looked up.
   *
   * @throws AppError of the look-up; nothing of the block is held then
   */
  place(block: InferenceBlock): Promise<Placed>;
}

export interface Placed {
  /** Row to the timestamp its id is stored with, where that is another one. */
  readonly moved: ReadonlyMap<number, number>;
  /** The block is stored, or has failed: from now on its ids are looked for in the store. */
  release(): void;
}

/** An id in blocks that are not stored yet, which a look-up would miss. */
interface OnItsWay {
  timestampMs: number;
  /** Blocks that carry it. The timestamp counts until the last of them has ended: any of them may still store it. */
  blocks: number;
}

const Known = z.array(z.object({ project: z.string(), id: z.string(), stored_at: Instant }));
/** Ids looked up in one query: bounds the query's length. */
const IDS_PER_QUERY = 2_000;

/** @param filter knows every id that is in the store; what is placed is added to it */
export function createPlacer(store: Store, filter: IdFilter): Placer {
  const onTheirWay = new Map<string, OnItsWay>();
  /** Ids that a block is looking up: their timestamp is not known before that ends. */
  const lookedUp = new Map<string, Promise<void>>();

  function release(held: readonly string[]): void {
    for (const key of held) {
      const one = onTheirWay.get(key);
      if (one && --one.blocks === 0) onTheirWay.delete(key);
    }
  }

  async function lookUp(block: InferenceBlock, suspects: readonly number[]): Promise<void> {
    for (let at = 0; at < suspects.length; at += IDS_PER_QUERY) {
      const rows = suspects.slice(at, at + IDS_PER_QUERY);
      const known = await timestampsOf(store, block, rows);
      for (const row of rows) {
        const key = keyAt(block, row);
        const storedMs = known.get(key);
        const one = onTheirWay.get(key);
        if (storedMs !== undefined && one) one.timestampMs = storedMs;
      }
    }
  }

  return {
    async place(block) {
      // Nothing may happen between the last look and the holding: a block that comes between would not be seen.
      for (let other = otherLookUp(block, lookedUp); other !== null; other = otherLookUp(block, lookedUp))
        await other.catch(() => {});
      const { held, suspects } = holdIds(block, filter, onTheirWay);
      if (suspects.length > 0) {
        const looking = lookUp(block, suspects);
        const keys = suspects.map((row) => keyAt(block, row));
        for (const key of keys) lookedUp.set(key, looking);
        try {
          await looking;
        } catch (error) {
          // Kept, they would pass for placed when the block is tried again.
          release(held);
          throw error;
        } finally {
          for (const key of keys) lookedUp.delete(key);
        }
      }
      return { moved: movedRows(block, onTheirWay), release: () => release(held) };
    },
  };
}

const keyOf = (project: string, id: string): string => `${project}\n${id}`;
const keyAt = (block: InferenceBlock, row: number): string =>
  keyOf(block.projects[row] ?? '', block.ids[row] ?? '');

/** A look-up under way, by another block, of an id of this one. */
function otherLookUp(
  block: InferenceBlock,
  lookedUp: ReadonlyMap<string, Promise<void>>,
): Promise<void> | null {
  if (lookedUp.size === 0) return null;
  const row = Array.from(block.ids.keys()).find((at) => lookedUp.has(keyAt(block, at)));
  return row === undefined ? null : (lookedUp.get(keyAt(block, row)) ?? null);
}

/** Holds each id of the block, and gives the rows whose ids may be in the store (the suspects). */
function holdIds(
  block: InferenceBlock,
  filter: IdFilter,
  onTheirWay: Map<string, OnItsWay>,
): { held: string[]; suspects: number[] } {
  const held: string[] = [];
  const suspects: number[] = [];
  for (let row = 0; row < block.ids.length; row++) {
    const key = keyAt(block, row);
    const one = onTheirWay.get(key);
    held.push(key);
    if (one) {
      one.blocks++;
      continue;
    }
    onTheirWay.set(key, { timestampMs: block.timestampsMs[row] ?? 0, blocks: 1 });
    if (!filter.add(block.projects[row] ?? '', block.ids[row] ?? '')) suspects.push(row);
  }
  return { held, suspects };
}

function movedRows(
  block: InferenceBlock,
  onTheirWay: ReadonlyMap<string, OnItsWay>,
): ReadonlyMap<number, number> {
  const moved = new Map<number, number>();
  for (let row = 0; row < block.ids.length; row++) {
    const timestampMs = onTheirWay.get(keyAt(block, row))?.timestampMs;
    if (timestampMs !== undefined && timestampMs !== block.timestampsMs[row]) moved.set(row, timestampMs);
  }
  return moved;
}

/** Where repeats are usually found: under the timestamp they carry. Only the others are looked for everywhere. */
async function timestampsOf(
  store: Store,
  block: InferenceBlock,
  rows: readonly number[],
): Promise<Map<string, number>> {
  const minutes = [...new Set(rows.map((row) => minuteOf(block.timestampsMs[row] ?? 0)))].map((ms) =>
    toSqlInstant(new Date(ms)).slice(0, 'yyyy-mm-dd hh:mm:ss'.length),
  );
  const found = new Map<string, number>();
  const collect = async (
    where: string,
    wanted: readonly number[],
    params: Record<string, unknown>,
  ): Promise<void> => {
    if (wanted.length === 0) return;
    const answer = await store.rows(
      `SELECT project, id, min(inferences.timestamp) AS stored_at FROM inferences
        WHERE ${where} project IN {projects: Array(String)} AND id IN {ids: Array(String)} GROUP BY project, id`,
      {
        ...params,
        projects: [...new Set(wanted.map((row) => block.projects[row]))],
        ids: wanted.map((row) => block.ids[row]),
      },
    );
    for (const { project, id, stored_at } of Known.parse(answer))
      found.set(keyOf(project, id), stored_at.getTime());
  };
  const isFound = (row: number): boolean => found.has(keyAt(block, row));
  await collect(`toStartOfMinute(timestamp) IN {minutes: Array(DateTime('UTC'))} AND`, rows, {
    minutes,
  });
  await collect(
    '',
    rows.filter((row) => !isFound(row)),
    {},
  );
  return found;
}
