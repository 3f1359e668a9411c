import { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { askServer } from '../keys/admin-client.ts';
import type { AdminAccess } from '../keys/admin-file.ts';
import { runningServer } from '../keys/open-key-admin.ts';
import { openMigratedStore } from '../store.ts';
import { type AlertDesk, ListedIncident, ListedSilence, type NewAcknowledgement, storeDesk } from './desk.ts';

/**
 * Does some work at the desk of the settings' store: by way of the server that has its folder open, if there is one, else
 * on the store itself. @throws AppError what opening the store throws, and what `work` throws
 */
export async function withDesk<T>(config: Config, work: (desk: AlertDesk) => Promise<T>): Promise<T> {
  const server = await runningServer(config);
  if (server !== null) return work(remoteDesk(server));
  const { store } = await openMigratedStore(config);
  try {
    return await work(storeDesk(store));
  } finally {
    await store.close();
  }
}

/** Whoever reads its token may reach every project. */
function remoteDesk(server: AdminAccess): AlertDesk {
  const say = async (id: string, word: string, wanted: NewAcknowledgement): Promise<ListedIncident> =>
    ListedIncident.parse(await askServer(server, 'POST', `${named('/incidents', id)}/${word}`, wanted));
  const named = (path: string, id: string): string => `${path}/${encodeURIComponent(id)}`;
  return {
    async silences() {
      const answer = await askServer(server, 'GET', '/silences');
      return z.object({ silences: z.array(ListedSilence) }).parse(answer).silences;
    },
    silence: async (_project, wanted) =>
      ListedSilence.parse(await askServer(server, 'POST', '/silences', wanted)),
    expire: async (_project, id) =>
      ListedSilence.parse(await askServer(server, 'DELETE', named('/silences', id))),
    async incidents(_project, state) {
      const answer = await askServer(server, 'GET', `/incidents?state=${state}`);
      return z.object({ incidents: z.array(ListedIncident) }).parse(answer).incidents;
    },
    acknowledge: (_project, id, wanted) => say(id, 'acknowledge', wanted),
    close: (_project, id, wanted) => say(id, 'close', wanted),
  };
}
