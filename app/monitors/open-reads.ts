import type { Config } from '../../core/config.ts';
import { askServer } from '../keys/admin-client.ts';
import { runningServer } from '../keys/open-key-admin.ts';
import { openMigratedStore } from '../store.ts';
import { type MonitorReads, storeMonitorReads } from './reads.ts';
import { remoteMonitorReads } from './remote-reads.ts';

/**
 * Reads by way of the server that has the settings' embedded store open, if there is one, and then its settings count; else
 * from the store itself. @throws AppError what opening the store throws, and what `work` throws
 */
export async function withMonitorReads<T>(
  config: Config,
  work: (reads: MonitorReads) => Promise<T>,
): Promise<T> {
  const server = await runningServer(config);
  if (server !== null) return work(remoteMonitorReads((path) => askServer(server, 'GET', path)));
  const { store } = await openMigratedStore(config);
  try {
    return await work(storeMonitorReads(store, config));
  } finally {
    await store.close();
  }
}
