import type { Config } from '../core/config.ts';
import type { StreamKey } from '../core/finding.ts';
import type { MonitorSettings } from '../core/monitor.ts';
import type { JudgedPlace, JudgedStream } from '../core/stream-store.ts';
import type { Store } from '../sql/client.ts';
import { type SessionHistory, sessionHistory } from '../sql/queries/session-history.ts';
import { readState } from '../sql/queries/states.ts';
import { judgedStreams, readStreamStates } from '../sql/queries/stream-states.ts';
import { type PastWindow, windowHistory } from '../sql/queries/window-history.ts';
import { streamsIn } from '../sql/queries/windows.ts';
import { ANALYSIS_STATE, PLACE } from './analysis-store.ts';
import { readMonitors } from './open-monitors.ts';

export type WatchedSettings = Pick<Config, 'WINDOW' | 'FALSE_PAGES_PER_MONTH' | 'BASELINE_ROWS'>;

/** What is watched, as the analyzer left it, and by which settings. */
export interface Watched extends MonitorSettings {
  readonly settings: WatchedSettings;
  readonly streams: readonly JudgedStream[];
  /** Null before the first window. */
  readonly leftOut: JudgedPlace['leftOut'] | null;
}

export interface StreamDetail {
  /** Parts of the stream's state, as JSON by name; empty if it has none. */
  readonly parts: ReadonlyMap<string, string>;
  /** Inferences in the time that was asked for. */
  readonly rows: number;
}

/** Half-open [since, until). */
export interface TimeSpan {
  readonly since: Date;
  readonly until: Date;
}

/** What the commands about monitors read, whoever has the store open. All methods reject with AppError. */
export interface MonitorReads {
  watched(): Promise<Watched>;
  /** @param span whole minutes */
  stream(key: StreamKey, span: TimeSpan): Promise<StreamDetail>;
  /** One signal window by window, oldest first; a window without a value is not there. */
  history(
    of: { readonly key: StreamKey; readonly signal: string },
    span: TimeSpan & { readonly windowMs: number },
  ): Promise<PastWindow[]>;
  /** How the rows of a stream fell into sessions, window by window; what nobody has sessions in is not there. */
  sessions(key: StreamKey, span: TimeSpan & { readonly windowMs: number }): Promise<SessionHistory>;
}

/** Reads of an open store, under the settings of its process. */
export function storeMonitorReads(
  store: Store,
  config: WatchedSettings & Pick<Config, 'MONITORS_FILE'>,
): MonitorReads {
  return {
    async watched() {
      const place = (await readState(store, ANALYSIS_STATE, PLACE)) as JudgedPlace | null;
      const { WINDOW, FALSE_PAGES_PER_MONTH, BASELINE_ROWS } = config;
      return {
        settings: { WINDOW, FALSE_PAGES_PER_MONTH, BASELINE_ROWS },
        ...readMonitors(config.MONITORS_FILE),
        streams: await judgedStreams(store),
        leftOut: place?.leftOut ?? null,
      };
    },
    async stream(key, span) {
      const [parts = new Map<string, string>()] = await readStreamStates(store, [key]);
      const sizes = await streamsIn(store, span);
      return { parts, rows: sizes.find((size) => isSame(size.key, key))?.rows ?? 0 };
    },
    history: (of, span) => windowHistory(store, of, span),
    sessions: (key, span) => sessionHistory(store, key, span),
  };
}

const isSame = (a: StreamKey, b: StreamKey): boolean =>
  a.project === b.project && a.model === b.model && a.version === b.version && a.segment === b.segment;
