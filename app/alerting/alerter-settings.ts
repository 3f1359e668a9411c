import type { Clock } from '../../core/clock.ts';
import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import { EMBEDDING_WAIT_MS } from '../embedding.ts';
import type { GaugeReaders } from '../http/metrics.ts';
import type { Alerter, AlerterOptions } from './alerter.ts';
import type { Alerts } from './alerts-in-force.ts';
import type { IncidentChange } from './turn.ts';

/** A message is a second late at most because of it. */
export const ALERTER_PERIOD_MS = 1_000;

/** How the settings want incidents made and told. */
export function alerterOptions(options: {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly alerts: () => Alerts;
  readonly onChange: (change: IncidentChange) => void;
}): AlerterOptions {
  const { config, clock, logger, alerts, onChange } = options;
  const { WINDOW, LATENESS, PUBLIC_URL, GRAFANA_URL } = config;
  return {
    now: () => clock.now(),
    alerts,
    publicUrl: PUBLIC_URL ?? null,
    grafanaUrl: GRAFANA_URL ?? null,
    // The window itself, then what is waited for; in the same again it has been judged.
    judgedWithinMs: WINDOW.kind === 'time' ? 2 * (WINDOW.ms + LATENESS + EMBEDDING_WAIT_MS) : null,
    log: logger,
    onChange,
  };
}

/** What waits to be told. */
export function alerterGauges(alerter: Pick<Alerter, 'waiting'>): GaugeReaders {
  return {
    notifications_waiting: ['Notifications that no receiver has taken yet.', () => alerter.waiting()],
  };
}
