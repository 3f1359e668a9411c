import type { IncidentChange } from '../../alerts/incidents.ts';
import type { Logger } from '../../core/log.ts';
import type { Store } from '../../sql/client.ts';
import { openAlerting } from '../alerting.ts';
import type { Part } from '../part.ts';
import { consumerWarnings } from './consumer-warnings.ts';
import { keepWatch } from './on-duty.ts';
import type { Log } from './open-log.ts';

const PERIOD_MS = 1_000;

/** Role `alerter`: findings become incidents. One of many processes does it, another takes over. */
export function openAlerterPart(
  store: Store,
  log: Log,
  { logger, onChange }: { logger: Logger; onChange: (change: IncidentChange) => void },
): Part {
  const watch = keepWatch(store, log, {
    name: 'alerter',
    periodMs: PERIOD_MS,
    logger,
    async takeUp(fencedStore) {
      const alerting = await openAlerting(fencedStore, onChange);
      return () => alerting.turn();
    },
  });
  return {
    loops: () => [watch.loop.health()],
    gauges: { alerter_active: ['1 in the process that makes incidents.', () => Number(watch.isActive())] },
    checks: () => ({}),
    warnings: () => consumerWarnings('the duty of alerter cannot be had', watch.duty.stats()),
    stop: () => watch.stop(),
  };
}
