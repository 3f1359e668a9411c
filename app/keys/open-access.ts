import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import type { Store } from '../../sql/client.ts';
import { writeKeyUses } from '../../sql/queries/key-uses.ts';
import { readKeys } from '../../sql/queries/keys.ts';
import { storeDesk } from '../alerting/desk.ts';
import { costReporter } from '../cost/cost-reporter.ts';
import { exportSource } from '../export/export-source.ts';
import { fairnessReporter } from '../fairness/open-fairness.ts';
import { storeGatekeeper } from '../gate/open-gate.ts';
import { type Access, createAccess } from '../http/access.ts';
import { adminRoutes } from '../http/admin.ts';
import { alertRoutes } from '../http/alerts.ts';
import { compareRoutes } from '../http/compare.ts';
import { costRoutes } from '../http/cost.ts';
import { exportRoutes } from '../http/export.ts';
import { fairnessRoutes } from '../http/fairness.ts';
import { isLoopbackName } from '../http/guard.ts';
import { createKeyMeters } from '../http/key-meter.ts';
import type { GaugeReaders } from '../http/metrics.ts';
import { monitorRoutes } from '../http/monitors.ts';
import type { MountedRouter } from '../http/server.ts';
import { createLoop } from '../loop.ts';
import { storeMonitorReads } from '../monitors/reads.ts';
import { newAdminToken, removeAdminFile, writeAdminFile } from './admin-file.ts';
import { storeKeyAdmin } from './key-admin.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { createKeyUseLog } from './key-use-log.ts';

/** Who is let in to a process that serves HTTP. */
export interface AccessPart {
  readonly access: Access;
  /** Routes for `plumbline keys`, where the store belongs to this process alone. */
  readonly routes: readonly MountedRouter[];
  readonly gauges: GaugeReaders;
  /** What an operator should know. */
  warnings(): string[];
  /** Begins to read keys and to write the audit log. @param url where the server listens */
  start(url: string): Promise<void>;
  /** Writes what is left of the audit log; call it when no request is in progress any more. */
  stop(): Promise<void>;
}

/** Keys that have not been read for so many of their periods are old. */
const PERIODS_MAX = 5;
const AGE_MS_MIN = 30_000;

/** Reads the keys once. If the store cannot be read now, nobody is let in until it can. */
export async function openAccess(
  store: Store,
  { config, log }: { config: Config; log: Logger },
): Promise<AccessPart> {
  const ring = createKeyRing(() => readKeys(store));
  const uses = createKeyUseLog({ write: (rows) => writeKeyUses(store, rows), process: randomUUID() });
  const refresh = loop({ name: 'keys', periodMs: config.KEYS_REFRESH, log }, () => ring.refresh());
  const flush = loop({ name: 'key uses', periodMs: config.KEY_USES_FLUSH, log }, () =>
    uses.flush(new Date()),
  );
  await refresh.runNow();
  // A server's store is open to commands as well.
  const token = store.kind === 'embedded' ? newAdminToken() : null;
  return {
    access: createAccess({
      keys: ring,
      meters: createKeyMeters({
        requestsPerSecond: config.KEY_REQUESTS_PER_SECOND,
        bytesPerSecond: config.KEY_BYTES_PER_SECOND,
      }),
      host: config.HOST,
      allowRemote: config.ALLOW_REMOTE === 'yes',
      record: (use) => uses.record(use, new Date()),
    }),
    routes: token === null ? [] : [adminMount(store, { token, ring, log, config })],
    gauges: {
      keys_age_seconds: ['Time since the keys were last read.', () => ageMs(ring) / 1_000],
      key_uses_dropped: ['Uses of keys that the audit log had no room for.', () => uses.dropped],
    },
    warnings: () => warnings(ring, config),
    async start(url) {
      if (token !== null) await writeAdminFile(config.DATA_DIR, { url, token });
      refresh.start();
      flush.start();
    },
    async stop() {
      await Promise.all([refresh.stop(), flush.stop()]);
      await flush.runNow();
      if (token !== null) await removeAdminFile(config.DATA_DIR, token);
    },
  };
}

function loop(
  { name, periodMs, log }: { name: string; periodMs: number; log: Logger },
  turn: () => Promise<void>,
): ReturnType<typeof createLoop> {
  return createLoop({
    name,
    periodMs,
    workShareMax: 0.5,
    log,
    async turn() {
      await turn();
      return false;
    },
  });
}

function adminMount(
  store: Store,
  { token, ring, log, config }: { token: string; ring: KeyRing; log: Logger; config: Config },
): MountedRouter {
  const router = adminRoutes({
    token,
    commands: [
      alertRoutes({ desk: storeDesk(store), projectOf: () => '' }),
      costRoutes({ report: costReporter(store, config), projectOf: () => '' }),
      fairnessRoutes({ report: fairnessReporter(store, config), projectOf: () => '' }),
      monitorRoutes(storeMonitorReads(store, config)),
      exportRoutes((request) => exportSource(store, request, new Date())),
      Router().use(
        '/compare',
        compareRoutes({ gatekeeper: storeGatekeeper(store, () => new Date()), projectOf: () => '' }),
      ),
    ],
    admin: (from) => storeKeyAdmin(store, from),
    async onChange() {
      await ring.refresh();
      log.info('the keys were changed');
    },
  });
  return { path: '/admin', router, needs: 'admin' };
}

const ageMs = ({ readAt }: KeyRing): number => (readAt ? Date.now() - readAt.getTime() : 0);

function warnings(ring: KeyRing, { KEYS_REFRESH, HOST, ALLOW_REMOTE }: Config): string[] {
  if (ring.state === 'unread')
    return ['the keys cannot be read from the store: nobody is let in until they can'];
  const found: string[] = [];
  if (ageMs(ring) > Math.max(AGE_MS_MIN, PERIODS_MAX * KEYS_REFRESH)) {
    found.push(
      `the keys were last read ${Math.round(ageMs(ring) / 1_000)} s ago: what was revoked since still works`,
    );
  }
  if (ring.state === 'none' && !isLoopbackName(HOST) && ALLOW_REMOTE === 'no')
    found.push('there is no key, so only this machine may connect: plumbline keys create makes one');
  return found;
}
