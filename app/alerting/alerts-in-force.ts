import { type ObserveOptions, rulesOf } from '../../alerts/observe.ts';
import { createReceiver } from '../../alerts/receivers/receiver.ts';
import type { RuleSet } from '../../alerts/rules/rule-set.ts';
import { severityOf } from '../../alerts/severity.ts';
import type { Receiver } from '../../core/notification.ts';

/** Rules that can be asked, and receivers that can be spoken to. */
export type Alerts = ObserveOptions & { readonly receivers: readonly Receiver[] };

/** Of a file's rules and receivers. Nothing is sent to receivers yet. */
export function alertsOf({ rules, receivers }: RuleSet): Alerts {
  return {
    rules: rulesOf(rules),
    severityOf,
    receivers: receivers.map((settings) => createReceiver(settings)),
  };
}

/** The same for rules that may change: made anew when they have, so that receivers keep what they know until then. */
export function alertsInForce(current: () => RuleSet): () => Alerts {
  let made: { readonly from: RuleSet; readonly alerts: Alerts } | null = null;
  return () => {
    const from = current();
    if (made?.from !== from) made = { from, alerts: alertsOf(from) };
    return made.alerts;
  };
}
