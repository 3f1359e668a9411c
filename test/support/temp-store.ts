import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../sql/client.ts';
import { migrate } from '../../sql/migrate.ts';

/** Long enough for rows of any date that a test makes up. */
export const KEPT_FOR_YEARS = {
  inferencesDays: 9000,
  embeddingsDays: 9000,
  rollupMinuteDays: 9000,
  rollupHourDays: 9000,
  findingsDays: 9000,
  keyUsesDays: 9000,
};

/** An embedded store with its tables, in a folder of its own that goes with it. */
export interface TempStore {
  readonly store: Store;
  readonly folder: string;
  close(): Promise<void>;
}

/** @param name what the folder is for, seen in its name */
export async function openTempStore(name: string): Promise<TempStore> {
  const folder = await mkdtemp(join(tmpdir(), `plumbline-${name}-`));
  const store = await openStore({ kind: 'embedded', path: join(folder, 'data') });
  await migrate(store, { retention: KEPT_FOR_YEARS, cluster: null });
  return {
    store,
    folder,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
