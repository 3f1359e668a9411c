import { type Budget, createBudget } from '../../analyzers/budget.ts';
import { WATCHED_MS } from '../../analyzers/step-windows.ts';
import type { StreamKey } from '../../core/finding.ts';
import { type Monitor, monitorOf, watches } from '../../core/monitor.ts';
import { familyOf } from '../../core/signals.ts';
import type { JudgedStream } from '../../core/stream-store.ts';
import { prioritiesOf } from './priorities.ts';
import type { Watched } from './reads.ts';

/** A monitor, and what it watches now. */
export interface MonitorLine {
  readonly monitor: Monitor;
  readonly streams: number;
  /** Signals × streams. */
  readonly signals: number;
  /** Of the false-alarm budget, in [0, 1]; of windows of rows, of which each stream has the whole, the most that it has of one. */
  readonly share: number;
  /** How many it may give, at most, on average; null of windows of rows, which have no rate in time. */
  readonly falsePagesPerMonth: number | null;
  /** Of windows of rows: of a stream's windows one may be a false page, at most, on average; null without a part of the budget. */
  readonly windowsPerFalsePage: number | null;
}

/** What is watched now. */
export interface MonitorPlan {
  readonly lines: readonly MonitorLine[];
  readonly streams: readonly JudgedStream[];
  readonly budget: Budget;
  readonly leftOut: Watched['leftOut'];
}

/** What the monitors watch, and what part of the budget each has. */
export function monitorPlan(of: Watched): MonitorPlan {
  const { settings, monitors, streams: all, leftOut } = of;
  const lastMs = Math.max(0, ...all.map(({ until }) => until.getTime()));
  const streams = all.filter(({ until }) => until.getTime() > lastMs - WATCHED_MS);
  const budget = createBudget({
    window: settings.WINDOW,
    falsePagesPerMonth: settings.FALSE_PAGES_PER_MONTH,
    streams,
    priorities: prioritiesOf(of),
  });
  const isTimed = settings.WINDOW.kind === 'time';
  const lines = monitors.map((monitor): MonitorLine => {
    const watched = streams.flatMap(({ key, signals }) =>
      watches(monitor, key)
        ? signals
            .filter((signal) => monitorOf(monitors, { signal, family: familyOf(signal) }) === monitor)
            .map((signal) => ({ key, signal }))
        : [],
    );
    const byStream = new Map<StreamKey, number>();
    for (const { key, signal } of watched)
      byStream.set(key, (byStream.get(key) ?? 0) + budget.weightOf(key, signal));
    const shares = [...byStream.values()];
    const share = isTimed ? shares.reduce((sum, one) => sum + one, 0) : Math.max(0, ...shares);
    const perWindow = budget.total * share;
    return {
      monitor,
      streams: byStream.size,
      signals: watched.length,
      share,
      falsePagesPerMonth: isTimed ? share * settings.FALSE_PAGES_PER_MONTH : null,
      windowsPerFalsePage: isTimed || perWindow === 0 ? null : 1 / perWindow,
    };
  });
  return { lines, streams, budget, leftOut };
}
