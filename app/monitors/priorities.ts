import type { Priorities } from '../../analyzers/budget.ts';
import { type MonitorSettings, monitorOf, priorityOf } from '../../core/monitor.ts';
import { familyOf } from '../../core/signals.ts';

/** What the owner says of the budget: a signal that no monitor watches has no part of it. */
export function prioritiesOf({ monitors, streamPriorities }: MonitorSettings): Priorities {
  const known = new Map<string, number>();
  return {
    ofStream: (key) => priorityOf(streamPriorities, key),
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
