import { createHash } from 'node:crypto';
import { type ObserveOptions, rulesOf } from '../../alerts/observe.ts';
import { createReceiver } from '../../alerts/receivers/receiver.ts';
import type { ReceiverSettings } from '../../alerts/receivers/settings.ts';
import type { RuleSet } from '../../alerts/rules/rule-set.ts';
import { severityOf } from '../../alerts/severity.ts';
import type { Receiver } from '../../core/notification.ts';
import { Secret } from '../../core/secret.ts';

/** Rules that can be asked, and receivers that can be spoken to. */
export type Alerts = ObserveOptions & { readonly receivers: readonly Receiver[] };

/** Of a file's rules and receivers. Nothing is sent to receivers yet. */
export const alertsOf = (rules: RuleSet): Alerts => alertsInForce(() => rules)();

/**
 * The same for rules that may change. A receiver whose settings stay is the same object afterwards: it remembers what it
 * has to make good.
 */
export function alertsInForce(current: () => RuleSet): () => Alerts {
  let made: { readonly from: RuleSet; readonly alerts: Alerts } | null = null;
  let receivers = new Map<string, Receiver>();
  return () => {
    const from = current();
    if (made?.from === from) return made.alerts;
    receivers = new Map(
      from.receivers.map((settings) => {
        const name = nameOf(settings);
        return [name, receivers.get(name) ?? createReceiver(settings)];
      }),
    );
    const alerts = { rules: rulesOf(from.rules), severityOf, receivers: [...receivers.values()] };
    made = { from, alerts };
    return alerts;
  };
}

/** Another one for every other setting, secrets included, of which it shows nothing. */
function nameOf(settings: ReceiverSettings): string {
  const values = Object.entries(settings).map(([key, value]) => [
    key,
    value instanceof Secret ? value.reveal() : value,
  ]);
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
