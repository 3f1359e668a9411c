import { type Budget, createBudget } from '../analyzers/budget.ts';
import { WATCHED_MS } from '../analyzers/step-windows.ts';
import type { Config } from '../core/config.ts';
import { type Monitor, monitorOf, watches } from '../core/monitor.ts';
import { familyOf } from '../core/signals.ts';
import type { JudgedPlace, JudgedStream } from '../core/stream-store.ts';
import type { Store } from '../sql/client.ts';
import { readState } from '../sql/queries/states.ts';
import { judgedStreams } from '../sql/queries/stream-states.ts';
import { ANALYSIS_STATE, PLACE } from './analysis-store.ts';
import { prioritiesOf } from './monitor-priorities.ts';

/** A monitor, and what it watches now. */
export interface MonitorLine {
  readonly monitor: Monitor;
  readonly streams: number;
  /** Signals × streams. */
  readonly signals: number;
  /** Of the false-alarm budget, in [0, 1]. */
  readonly share: number;
  /** How many it may give, at most, on average. */
  readonly falsePagesPerMonth: number;
}

/** What is watched, as the analyzer left it. */
export interface MonitorPlan {
  readonly lines: readonly MonitorLine[];
  readonly streams: readonly JudgedStream[];
  readonly budget: Budget;
  /** Null before the first window. */
  readonly leftOut: JudgedPlace['leftOut'] | null;
}

/** What the monitors watch, and what part of the budget each has. */
export async function monitorPlan(
  store: Store,
  config: Pick<Config, 'WINDOW' | 'FALSE_PAGES_PER_MONTH'>,
  monitors: readonly Monitor[],
): Promise<MonitorPlan> {
  const all = await judgedStreams(store);
  const lastMs = Math.max(0, ...all.map(({ until }) => until.getTime()));
  const streams = all.filter(({ until }) => until.getTime() > lastMs - WATCHED_MS);
  const place = (await readState(store, ANALYSIS_STATE, PLACE)) as JudgedPlace | null;
  const budget = createBudget({
    window: config.WINDOW,
    falsePagesPerMonth: config.FALSE_PAGES_PER_MONTH,
    streams,
    priorities: prioritiesOf(monitors),
  });
  const lines = monitors.map((monitor): MonitorLine => {
    const watched = streams.flatMap(({ key, signals }) =>
      watches(monitor, key)
        ? signals
            .filter((signal) => monitorOf(monitors, { signal, family: familyOf(signal) }) === monitor)
            .map((signal) => ({ key, signal }))
        : [],
    );
    const share = watched.reduce((sum, { key, signal }) => sum + budget.weightOf(key, signal), 0);
    return {
      monitor,
      streams: new Set(watched.map(({ key }) => key)).size,
      signals: watched.length,
      share,
      falsePagesPerMonth: share * config.FALSE_PAGES_PER_MONTH,
    };
  });
  return { lines, streams, budget, leftOut: place?.leftOut ?? null };
}
