import { mkdir } from 'node:fs/promises';
import type { Config } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { retry } from '../core/retry.ts';
import { ROLES } from '../core/roles.ts';
import { openStore, type Store, type StoreLocation } from '../sql/client.ts';
import { type MigrateOptions, migrate, pendingMigrations } from '../sql/migrate.ts';

/** Where the settings put the store. */
export function storeLocation(config: Config): StoreLocation {
  if (config.CLICKHOUSE_URL === undefined)
    return { kind: 'embedded', path: config.DATA_DIR, hasReader: config.SOURCE_PORT !== undefined };
  return {
    kind: 'server',
    url: config.CLICKHOUSE_URL,
    database: config.CLICKHOUSE_DATABASE,
    username: config.CLICKHOUSE_USER,
    password: config.CLICKHOUSE_PASSWORD.reveal(),
    isCluster: config.CLICKHOUSE_CLUSTER !== undefined,
  };
}

/** What the settings say of the tables. */
export function migrateOptions(config: Config): MigrateOptions {
  return {
    cluster:
      config.CLICKHOUSE_CLUSTER === undefined
        ? null
        : { name: config.CLICKHOUSE_CLUSTER, database: config.CLICKHOUSE_DATABASE },
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

/** A role of its own waits this long for a store that is migrated by somebody else. */
const WAIT = { attempts: 1_000, firstWaitMs: 500, waitMsMax: 5_000, totalMs: 600_000 };

/**
 * The store for `serve`. A process that has all roles brings the tables up to date; one of several waits until that was
 * done (two would do it at once), and ingest alone does not need the store to begin.
 */
export async function openServedStore(
  config: Config,
  log: Logger,
  interrupted: AbortSignal,
): Promise<{ store: Store; applied: string[] }> {
  if (config.ROLES.length === ROLES.length) return openMigratedStore(config);
  const store = await openStore(storeLocation(config));
  if (config.ROLES.every((role) => role === 'ingest')) return { store, applied: [] };
  try {
    await retry(() => checkMigrated(store, log), { ...WAIT, random: Math.random, signal: interrupted });
    return { store, applied: [] };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function checkMigrated(store: Store, log: Logger): Promise<void> {
  const pending = await pendingMigrations(store).catch((error: unknown) => {
    log.warn({ err: error }, 'waiting for the store');
    throw error;
  });
  if (pending.length === 0) return;
  log.warn({ pending }, 'waiting for the tables: run plumbline migrate');
  throw new AppError(
    'upstream_unavailable',
    `the store lacks ${pending.join(', ')}. Run plumbline migrate.`,
    { pending },
  );
}
