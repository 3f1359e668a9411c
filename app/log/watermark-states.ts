import type { Store } from '../../sql/client.ts';
import { readStates, writeStates } from '../../sql/queries/states.ts';

const KIND = 'watermark';

/** Says up to which instant (by the brokers' clock) partitions of the log are stored. */
export async function writeWatermarks(store: Store, watermarks: ReadonlyMap<number, Date>): Promise<void> {
  const states = new Map([...watermarks].map(([partition, at]) => [String(partition), at.getTime()]));
  if (states.size > 0) await writeStates(store, KIND, states);
}

/** Every inference received before this instant is stored; null until each of the partitions was told of once. */
export async function readWatermark(store: Store, partitions: number): Promise<Date | null> {
  const states = await readStates(store, KIND);
  let oldest = Number.POSITIVE_INFINITY;
  for (let partition = 0; partition < partitions; partition++) {
    const at = states.get(String(partition));
    if (typeof at !== 'number') return null;
    oldest = Math.min(oldest, at);
  }
  return new Date(oldest);
}
