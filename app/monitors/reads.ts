import type { Config } from '../../core/config.ts';
import { type StreamKey, streamName } from '../../core/finding.ts';
import type { MonitorSettings } from '../../core/monitor.ts';
import type { JudgedPlace, JudgedStream } from '../../core/stream-store.ts';
import type { SessionSums } from '../../core/window.ts';
import type { Store } from '../../sql/client.ts';
import { type SessionHistory, sessionHistory } from '../../sql/queries/session-history.ts';
import { sessionSums } from '../../sql/queries/session-sums.ts';
import { readState } from '../../sql/queries/states.ts';
import { judgedStreams, readStreamStates } from '../../sql/queries/stream-states.ts';
import { type PastWindow, windowHistory } from '../../sql/queries/window-history.ts';
import { streamsIn } from '../../sql/queries/windows.ts';
import { ANALYSIS_STATE, PLACE } from '../analysis-store.ts';
import { createRangeCache } from '../range-cache.ts';
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
  /** By signal: rows in the session of an average row, in windows of the time that was asked for; a signal that is not there has one. */
  readonly sessionRows: ReadonlyMap<string, number>;
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
  // Streams are asked for one after another; one answer serves all of them.
  const sessions = createRangeCache((span) => sessionRowsIn(store, span, config.WINDOW));
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
      return { parts, sessionRows: (await sessions.read(span)).get(streamName(key)) ?? new Map() };
    },
    history: (of, span) => windowHistory(store, of, span),
    sessions: (key, span) => sessionHistory(store, key, span),
  };
}

/** Windows of a span that are looked at. */
const WINDOWS_READ = 4;
const HOUR_MS = 3_600_000;

/**
 * By stream and signal. A session ends with its window; windows of rows have no length of their own, and sessions are cut at hours: their windows
 * may have smaller ones.
 */
async function sessionRowsIn(
  store: Store,
  { since, until }: TimeSpan,
  window: WatchedSettings['WINDOW'],
): Promise<Map<string, Map<string, number>>> {
  const windowMs = window.kind === 'time' ? window.ms : HOUR_MS;
  const spanMs = until.getTime() - since.getTime();
  const sums = new Map<string, Map<string, Pick<SessionSums, 'rows' | 'squares'>>>();
  for (let place = 1; place <= WINDOWS_READ; place++) {
    const end = since.getTime() + (place * spanMs) / WINDOWS_READ;
    const untilMs = Math.floor(end / windowMs) * windowMs;
    const range = { since: new Date(Math.max(0, untilMs - windowMs)), until: new Date(untilMs) };
    const segments = async () => [...new Set((await streamsIn(store, range)).map(({ key }) => key.segment))];
    for (const [stream, ofStream] of await sessionSums(store, range, segments)) {
      const all = sums.get(stream) ?? new Map<string, Pick<SessionSums, 'rows' | 'squares'>>();
      for (const [signal, { rows, squares }] of ofStream) {
        const before = all.get(signal) ?? { rows: 0, squares: 0 };
        all.set(signal, { rows: before.rows + rows, squares: before.squares + squares });
      }
      sums.set(stream, all);
    }
  }
  return new Map(
    [...sums].map(([stream, ofStream]) => [
      stream,
      new Map([...ofStream].map(([signal, { rows, squares }]) => [signal, squares / rows])),
    ]),
  );
}
