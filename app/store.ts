import { mkdir } from 'node:fs/promises';
import type { Config } from '../core/config.ts';
import { retry } from '../core/retry.ts';
import { openStore, type Store, type StoreLocation } from '../sql/client.ts';
import { type MigrateOptions, migrate } from '../sql/migrate.ts';

/** Where the settings put the store. */
export function storeLocation(config: Config): StoreLocation {
  if (config.CLICKHOUSE_URL === undefined) return { kind: 'embedded', path: config.DATA_DIR };
  return {
    kind: 'server',
    url: config.CLICKHOUSE_URL,
    database: config.CLICKHOUSE_DATABASE,
    username: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD.reveal(),
  };
}

/** What the settings say of the tables. */
export function migrateOptions(config: Config): MigrateOptions {
  return {
    cluster: config.CLICKHOUSE_CLUSTER ?? null,
    retention: {
      inferencesDays: config.RETENTION_INFERENCES_DAYS,
      embeddingsDays: config.RETENTION_EMBEDDINGS_DAYS,
      rollupMinuteDays: config.RETENTION_ROLLUP_MINUTE_DAYS,
      rollupHourDays: config.RETENTION_ROLLUP_HOUR_DAYS,
      findingsDays: config.RETENTION_FINDINGS_DAYS,
      keyUsesDays: config.RETENTION_KEY_USES_DAYS,
    },
  };
}

/** A server that is started together with us may take a while. */
const START = { attempts: 10, firstWaitMs: 200, totalMs: 20_000 };

/** The store of the settings, its tables up to date; and the names of the migrations applied now. */
export async function openMigratedStore(config: Config): Promise<{ store: Store; applied: string[] }> {
  const location = storeLocation(config);
  if (location.kind === 'embedded') await mkdir(location.path, { recursive: true });
  const store = await openStore(location);
  try {
    await retry(() => store.ping(), { ...START, random: Math.random });
    return { store, applied: await migrate(store, migrateOptions(config)) };
  } catch (error) {
    await store.close();
    throw error;
  }
}
