import { AppError } from '../core/errors.ts';
import type { Store, WriteSettings } from './client.ts';
import { IdFilter } from './id-filter.ts';
import type { InferenceBlock } from './inference-block.ts';
import { createPlacer } from './placement.ts';
import { minuteOf } from './rollup.ts';

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
  const placer = createPlacer(store, filter);

  return {
    get idCount() {
      return filter.count;
    },
    learn,
    async insert(block) {
      const { moved, release } = await placer.place(block);
      try {
        await insertOrRespell(store, block, moved);
      } finally {
        release();
      }
      const minutes = new Set<number>();
      for (let row = 0; row < block.ids.length; row++) minutes.add(minuteOf(timestampOf(block, row, moved)));
      return minutes;
    },
  };
}

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
