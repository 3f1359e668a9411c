import type { Clock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import type { Store } from '../sql/client.ts';
import { liveStreams } from '../sql/queries/windows.ts';
import { createStep } from './analysis.ts';
import type { BaselineSource } from './baselines.ts';
import { EMBEDDING_WAIT_MS } from './embedding.ts';
import type { WatchOptions } from './pipeline.ts';

/** Rollups and windows at most this often: what a person who watches the page calls at once. */
export const ANALYZER_PERIOD_MS = 2_000;
const DAY_MS = 864e5;

/**
 * Windows that end by then are complete: late records have had their time, and vectors too, unless they are far behind.
 *
 * @param now everything received before it is stored
 */
export function closedBefore(
  { LATENESS }: Config,
  { now, embeddingLagMs }: { now: Date; embeddingLagMs: number },
): Date {
  const waitMs = embeddingLagMs > EMBEDDING_WAIT_MS ? 0 : Math.max(0, embeddingLagMs);
  return new Date(now.getTime() - LATENESS - waitMs);
}

/** How the settings want windows judged; `beforeTurn` counts the streams that share the budget. */
export function watchSettings(
  store: Store,
  { config, clock, baselineFor }: { config: Config; clock: Clock; baselineFor: BaselineSource },
): { readonly options: WatchOptions; beforeTurn(): Promise<void> } {
  let streams = 1;
  return {
    options: {
      window: config.WINDOW,
      segments: { attributesMax: config.SEGMENT_ATTRIBUTES_MAX, valuesMax: config.SEGMENT_VALUES_MAX },
      step: createStep({
        window: config.WINDOW,
        baselineRows: config.BASELINE_ROWS,
        falsePagesPerMonth: config.FALSE_PAGES_PER_MONTH,
        streams: () => streams,
        baselineFor,
      }),
    },
    async beforeTurn() {
      streams = (await liveStreams(store, new Date(clock.now().getTime() - DAY_MS))).length;
    },
  };
}
