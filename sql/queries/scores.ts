import type { Store } from '../client.ts';

/** Stores checked lines of scores as they came, `project` and `received_at` included. */
export async function writeScores(store: Store, lines: Uint8Array): Promise<void> {
  await store.insertLines('scores', lines, { date_time_input_format: 'best_effort' });
}
