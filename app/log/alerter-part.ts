import type { Store } from '../../sql/client.ts';
import { type Alerter, openAlerter } from '../alerting/alerter.ts';
import { ALERTER_PERIOD_MS, alerterGauges, alerterOptions } from '../alerting/alerter-settings.ts';
import type { Part } from '../part.ts';
import { consumerWarnings } from './consumer-warnings.ts';
import { keepWatch } from './on-duty.ts';
import type { Log } from './open-log.ts';

/** Role `alerter`: findings become incidents, and are told. One of many processes does it, another takes over. */
export function openAlerterPart(store: Store, log: Log, options: Parameters<typeof alerterOptions>[0]): Part {
  let alerter: Alerter | null = null;
  const watch = keepWatch(store, log, {
    name: 'alerter',
    periodMs: ALERTER_PERIOD_MS,
    logger: options.logger,
    // Whoever has it now begins soon, and must not be overtaken by what we are telling.
    onDropped: () => void alerter?.stop(),
    async takeUp(fencedStore) {
      alerter = await openAlerter(fencedStore, alerterOptions(options));
      return alerter.turn;
    },
  });
  return {
    loops: () => [watch.loop.health()],
    gauges: {
      alerter_active: ['1 in the process that makes incidents.', () => Number(watch.isActive())],
      ...alerterGauges({ waiting: () => (watch.isActive() ? (alerter?.waiting() ?? 0) : 0) }),
    },
    checks: () => ({}),
    warnings: () => [
      ...consumerWarnings('the duty of alerter cannot be had', watch.duty.stats()),
      ...(watch.isActive() ? (alerter?.warnings() ?? []) : []),
    ],
    async stop() {
      // While the duty is still ours: what is being told can be written down.
      await alerter?.stop();
      await watch.stop();
    },
  };
}
