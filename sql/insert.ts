import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import type { Store, WriteSettings } from './client.ts';
import { IdFilter } from './id-filter.ts';
import { Instant, toSqlInstant } from './instant.ts';
import { minuteOf } from './rollup.ts';

/** Checked inferences on their way into the store: lines of JSON, and what placing them needs to know. */
export interface InferenceBlock {
  /** One line per inference, each ended by a newline. */
  readonly lines: Uint8Array;
  /** Offset of the start of each line in `lines`. */
  readonly offsets: ArrayLike<number>;
  readonly ids: readonly string[];
  readonly projects: readonly string[];
  /** Milliseconds since 1970, of each. */
  readonly timestampsMs: ArrayLike<number>;
  /** The same lines written anew from the parsed records, for a store that stumbles over a spelling. */
  canonicalLines(): Uint8Array;
}

export interface InferenceWriter {
  /** Resolves when every inference of the block is stored, once; gives the minutes (ms) it touched. */
  insert(block: InferenceBlock): Promise<ReadonlySet<number>>;
  /** Learns the ids that other writers stored: all received at or after an instant. */
  learn(receivedSince: Date): Promise<void>;
  /** Ids known to be in the store. */
  readonly idCount: number;
}

const SETTINGS: WriteSettings = {
  date_time_input_format: 'best_effort',
  input_format_json_read_objects_as_strings: 1,
  input_format_json_read_arrays_as_strings: 1,
  input_format_skip_unknown_fields: 0,
  // Imported history spans many months, one partition each.
  max_partitions_per_insert_block: 1_000,
};

const Known = z.array(z.object({ project: z.string(), id: z.string(), stored_at: Instant }));
/** Ids looked up in one query: bounds the query's length. */
const IDS_PER_QUERY = 2_000;

/**
 * The one way inferences get into the table. An id keeps the timestamp it was first stored with, so that a repeated
 * id always meets its earlier row (docs/decisions/0003-counted-once.md). Several writers may share a store if each id
 * always comes to the same one, and the one that takes ids over from another learns them first.
 *
 * @param idsMax ids for which "new" is certain from memory (2 bytes each); beyond it more look-ups, nothing else
 */
export async function openInferenceWriter(
  store: Store,
  { idsMax }: { idsMax: number },
): Promise<InferenceWriter> {
  const filter = new IdFilter(idsMax);
  const learn = async (receivedSince: Date): Promise<void> => {
    for await (const [project, id] of storedIds(store, receivedSince)) filter.add(project, id);
  };
  await learn(new Date(0));
  /** Timestamps of ids in blocks that are not stored yet: a look-up would miss them. */
  const pending = new Map<string, number>();

  return {
    get idCount() {
      return filter.count;
    },
    learn,
    async insert(block) {
      const { moved, owned } = await placeRepeats({ store, filter, pending, block });
      try {
        await insertOrRespell(store, block, moved);
      } finally {
        for (const key of owned) pending.delete(key);
      }
      const minutes = new Set<number>();
      for (let row = 0; row < block.ids.length; row++) minutes.add(minuteOf(timestampOf(block, row, moved)));
      return minutes;
    },
  };
}

const keyOf = (project: string, id: string): string => `${project}\n${id}`;
const keyAt = (block: InferenceBlock, row: number): string =>
  keyOf(block.projects[row] ?? '', block.ids[row] ?? '');
const timestampOf = (block: InferenceBlock, row: number, moved: ReadonlyMap<number, number>): number =>
  moved.get(row) ?? block.timestampsMs[row] ?? 0;

async function* storedIds(store: Store, receivedSince: Date): AsyncGenerator<[string, string]> {
  const since = receivedSince.getTime();
  const ids = `SELECT project, id FROM inferences${since > 0 ? ` WHERE received_at >= fromUnixTimestamp64Milli(${since}, 'UTC')` : ''}`;
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of store.chunks(ids)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as [string, string];
  }
}

interface Placement {
  readonly store: Store;
  readonly filter: IdFilter;
  readonly pending: Map<string, number>;
  readonly block: InferenceBlock;
}

interface Placed {
  /** Row to the timestamp its id is stored with, where that is another one. */
  readonly moved: Map<number, number>;
  /** Keys that this block put into `pending`. */
  readonly owned: readonly string[];
}

async function placeRepeats(placement: Placement): Promise<Placed> {
  const { moved, owned, suspects } = placeKnownHere(placement);
  const { store, pending, block } = placement;
  for (let at = 0; at < suspects.length; at += IDS_PER_QUERY) {
    const rows = suspects.slice(at, at + IDS_PER_QUERY);
    const known = await timestampsOf(store, block, rows);
    for (const row of rows) {
      const key = keyAt(block, row);
      const storedMs = known.get(key);
      if (storedMs === undefined || storedMs === block.timestampsMs[row]) continue;
      moved.set(row, storedMs);
      pending.set(key, storedMs);
    }
  }
  return { moved, owned };
}

/** What memory can say: ids that are on their way, and ids that may be in the store (the suspects, by row). */
function placeKnownHere({ filter, pending, block }: Placement): {
  moved: Map<number, number>;
  owned: string[];
  suspects: number[];
} {
  const moved = new Map<number, number>();
  const owned: string[] = [];
  const suspects: number[] = [];
  for (let row = 0; row < block.ids.length; row++) {
    const key = keyAt(block, row);
    const timestampMs = block.timestampsMs[row] ?? 0;
    const earlierMs = pending.get(key);
    if (earlierMs === undefined) {
      if (!filter.add(block.projects[row] ?? '', block.ids[row] ?? '')) suspects.push(row);
      pending.set(key, timestampMs);
      owned.push(key);
    } else if (earlierMs !== timestampMs) {
      moved.set(row, earlierMs);
    }
  }
  return { moved, owned, suspects };
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

async function insertOrRespell(
  store: Store,
  block: InferenceBlock,
  moved: ReadonlyMap<number, number>,
): Promise<void> {
  const restamped = moved.size === 0 ? null : moved;
  try {
    await store.insertLines('inferences', restamp(block.lines, restamped), SETTINGS);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid_input') throw error;
    // JSON has spellings that the engine does not take (1e2 for an integer, a key twice): write the block anew.
    await store.insertLines('inferences', restamp(block.canonicalLines(), restamped), SETTINGS);
  }
}

/** The lines with the timestamps of some rows replaced; these few are parsed and written again. */
function restamp(lines: Uint8Array, moved: ReadonlyMap<number, number> | null): Uint8Array {
  if (moved === null) return lines;
  const texts = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString('utf8').split('\n');
  for (const [row, timestampMs] of moved) {
    const record = JSON.parse(texts[row] ?? '{}') as Record<string, unknown>;
    texts[row] = JSON.stringify({ ...record, timestamp: new Date(timestampMs).toISOString() });
  }
  return Buffer.from(texts.join('\n'));
}
