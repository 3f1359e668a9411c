import { categoryFamily } from '../analyzers/categories/family.ts';
import { DEFAULT_CATEGORY_OPTIONS } from '../analyzers/categories/options.ts';
import { type CategoryHistory, embeddingFamily } from '../analyzers/embeddings/family.ts';
import { createDisparities } from '../analyzers/fairness/disparities.ts';
import type { DetectorFamily } from '../analyzers/family.ts';
import type { Config } from '../core/config.ts';
import type { Logger } from '../core/log.ts';
import { watches } from '../core/monitor.ts';
import type { JudgedPlace, Together } from '../core/stream-store.ts';
import type { WindowSpec } from '../core/window.ts';
import type { Store } from '../sql/client.ts';
import { categoryHistory } from '../sql/queries/category-history.ts';
import { type BaselineSource, createStep } from './analysis.ts';
import { baselineSource } from './baselines.ts';
import { EMBEDDING_WAIT_MS } from './embedding.ts';
import { createGroupSource, groupSettings } from './group-source.ts';
import { judgedFamily } from './judged.ts';
import { openMonitors } from './monitors/open-monitors.ts';
import { prioritiesOf } from './monitors/priorities.ts';
import type { Part } from './part.ts';
import type { WatchOptions } from './pipeline.ts';

/** Rollups and windows at most this often: what a person who watches the page calls at once. */
export const ANALYZER_PERIOD_MS = 2_000;

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

export interface WatchSettings {
  readonly options: WatchOptions;
  /** Reads the file of monitors again. */
  beforeTurn(): Promise<void>;
  warnings(): string[];
}

/** How the settings want windows judged. */
export function watchSettings(
  store: Store,
  { config, logger, baselineFor }: { config: Config; logger: Logger; baselineFor: BaselineSource },
): WatchSettings {
  const settings = openMonitors(config.MONITORS_FILE, logger);
  const monitors = () => settings.current().monitors;
  return {
    options: {
      ...watchBounds(config),
      window: config.WINDOW,
      step: createStep({
        window: config.WINDOW,
        baselineRows: config.BASELINE_ROWS,
        baselineFor,
        monitors,
        families: familiesOf(store, config),
        monitorBaseline: (setting) => baselineSource(setting, store, async () => []),
      }),
      priorities: () => prioritiesOf(settings.current()),
      watches: (key) => monitors().some((monitor) => watches(monitor, key)),
    },
    beforeTurn: settings.refresh,
    warnings: settings.warnings,
  };
}

/** Detectors beside the signals' own. */
export function familiesOf(store: Store, config: Config): DetectorFamily[] {
  const isByTime = config.WINDOW.kind === 'time';
  const groups = createGroupSource(store, { isByTime, ...groupSettings(config) });
  return [
    ...mixFamilies(config.WINDOW, (query) => categoryHistory(store, query)),
    judgedFamily(store, config),
    createDisparities(groups),
  ].filter((family) => family !== null);
}

/** Detectors of mixes: of categories, and of what texts are about. @param history of the signals of reference maps */
export function mixFamilies({ kind }: WindowSpec, history: CategoryHistory): DetectorFamily[] {
  const options = { ...DEFAULT_CATEGORY_OPTIONS, isTimed: kind === 'time' };
  return [categoryFamily(options), embeddingFamily({ history, options })];
}

/** The settings of how much is watched. */
export const watchBounds = (
  config: Config,
): Pick<WatchOptions, 'segments' | 'late' | 'falsePagesPerMonth' | 'signalsMax'> => ({
  segments: { attributesMax: config.SEGMENT_ATTRIBUTES_MAX, valuesMax: config.SEGMENT_VALUES_MAX },
  late: {
    inferencesMs: config.LATE_INFERENCES_MAX,
    scoresMs: config.LATE_SCORES_MAX,
    labels: { names: config.JUDGED.map(({ label }) => label), delayMs: config.JUDGED_DELAY },
  },
  falsePagesPerMonth: config.FALSE_PAGES_PER_MONTH,
  signalsMax: config.WATCHED_SIGNALS_MAX,
});

/** What was not judged, and what all signals say together, for `/metrics`. */
export const judgedGauges = (watch: () => { place: JudgedPlace } | null): Part['gauges'] => ({
  page_evidence_ratio: [
    'Evidence of all signals together that something has changed which no signal has told yet; 1 is enough for an alarm.',
    () => watch()?.place.together?.ratio ?? 0,
  ],
  unwatched_segments: [
    'Segments of the last window that nobody judged: WATCHED_SIGNALS_MAX.',
    () => watch()?.place.leftOut.streams ?? 0,
  ],
  late_inferences_left_out: [
    'Inferences that came too late to be judged, ever: LATE_INFERENCES_MAX.',
    () => watch()?.place.leftOut.lateRows ?? 0,
  ],
  late_scores_left_out: [
    'Scores and signals of embeddings that came too late to be judged, ever: LATE_SCORES_MAX.',
    () => watch()?.place.leftOut.lateScores ?? 0,
  ],
  late_labels_left_out: [
    'Scores of people that came too late for judged quality, ever: JUDGED_DELAY.',
    () => watch()?.place.leftOut.lateLabels ?? 0,
  ],
});

const NAMED_MAX = 5;

/** Many signals that have changed a little, none of them by enough for an incident of its own. */
export function togetherWarnings(together: Together | null): string[] {
  if (together === null || together.ratio < 1 || together.changed.length === 0) return [];
  const named = together.changed
    .slice(0, NAMED_MAX)
    .map(({ key, signal }) =>
      [key.model, key.version, key.segment, signal].filter((part) => part !== '').join(' '),
    );
  const more = together.changed.length > NAMED_MAX ? ` and ${together.changed.length - NAMED_MAX} more` : '';
  return [
    `together the signals have changed, though none by enough for an incident yet: look at ${named.join(', ')}${more}`,
  ];
}
