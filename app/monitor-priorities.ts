import type { Priorities } from '../analyzers/budget.ts';
import { type Monitor, monitorOf } from '../core/monitor.ts';
import { familyOf } from '../core/signals.ts';

/** What the monitors say of the budget: a signal that none watches has no part of it. */
export function prioritiesOf(monitors: readonly Monitor[]): Priorities {
  const known = new Map<string, number>();
  return {
    ofSignal(signal) {
      const found = known.get(signal);
      if (found !== undefined) return found;
      const monitor = monitorOf(monitors, { signal, family: familyOf(signal) });
      const priority = monitor?.isOn ? monitor.priority : 0;
      known.set(signal, priority);
      return priority;
    },
  };
}
