import { hostname } from 'node:os';
import type { Config } from '../../core/config.ts';
import { AppError } from '../../core/errors.ts';
import { openMigratedStore } from '../store.ts';
import { assertServer, remoteKeyAdmin } from './admin-client.ts';
import { type AdminAccess, readAdminFile } from './admin-file.ts';
import { type KeyAdmin, storeKeyAdmin } from './key-admin.ts';

/**
 * Does some work on the keys of the settings' store: through the server that has its folder open, if there is one, else
 * on the store itself.
 *
 * @throws AppError what opening the store throws, and what `work` throws
 */
export async function withKeyAdmin<T>(config: Config, work: (admin: KeyAdmin) => Promise<T>): Promise<T> {
  const server = await runningServer(config);
  if (server !== null) return work(remoteKeyAdmin(server));
  const { store } = await openMigratedStore(config);
  try {
    return await work(storeKeyAdmin(store, hostname()));
  } finally {
    await store.close();
  }
}

/** The server on this machine that has the settings' embedded store open; null if there is none. */
export async function runningServer(config: Config): Promise<AdminAccess | null> {
  const server = config.CLICKHOUSE_URL === undefined ? await readAdminFile(config.DATA_DIR) : null;
  return server !== null && (await answers(server)) ? server : null;
}

/** Not after a kill: the file is left behind, and whoever has its port now does not know the token. */
async function answers(server: AdminAccess): Promise<boolean> {
  try {
    await assertServer(server);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'upstream_unavailable') return false;
    throw error;
  }
}
