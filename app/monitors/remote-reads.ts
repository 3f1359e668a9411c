import { z } from 'zod';
import type { StreamKey } from '../../core/finding.ts';
import type { SessionSums } from '../../core/window.ts';
import type { PastWindow } from '../../sql/queries/window-history.ts';
import type { MonitorReads, StreamDetail, TimeSpan, Watched } from './reads.ts';

/** Windows in one answer: four weeks of hours, and of minutes a day and a half (some MB). */
export const WINDOWS_MAX = 2_000;

const Bins = z.array(z.tuple([z.number(), z.number()]));
const PastWindows = z.array(
  z.object({
    since_ms: z.number(),
    count: z.number(),
    sum: z.number(),
    sum_squares: z.number(),
    bins: Bins,
    categories: z.record(z.string(), z.number()),
  }),
);
/** As the routes of http/monitors.ts answer. */
export type PastWindowsAnswer = z.infer<typeof PastWindows>;

const PastSessions = z.array(
  z.object({
    since_ms: z.number(),
    /** Rows, Σ n², Σ B² and Σ nB (core/window.ts) by signal. */
    signals: z.record(z.string(), z.tuple([z.number(), z.number(), z.number(), z.number()])),
  }),
);
export type PastSessionsAnswer = z.infer<typeof PastSessions>;

const Detail = z.object({
  parts: z.record(z.string(), z.string()),
  session_rows: z.record(z.string(), z.number()),
});
export type StreamDetailAnswer = z.infer<typeof Detail>;

/** Reads by way of a server of the same version. @param ask GET of a path under /admin; parsed JSON */
export function remoteMonitorReads(ask: (path: string) => Promise<unknown>): MonitorReads {
  return {
    async watched() {
      const answer = (await ask('/monitors')) as Watched;
      return {
        ...answer,
        streams: answer.streams.map((stream) => ({ ...stream, until: new Date(stream.until) })),
      };
    },
    async stream(key, span): Promise<StreamDetail> {
      const { parts, session_rows } = Detail.parse(await ask(`/monitors/stream?${asked(key, span)}`));
      return { parts: new Map(Object.entries(parts)), sessionRows: new Map(Object.entries(session_rows)) };
    },
    async history({ key, signal }, span) {
      const found: PastWindow[] = [];
      for (const part of partsOf(span)) {
        const query = asked(key, part, { signal, window_ms: String(span.windowMs) });
        for (const window of PastWindows.parse(await ask(`/monitors/history?${query}`)))
          found.push(windowOf(window));
      }
      return found;
    },
    async sessions(key, span) {
      const found = new Map<number, ReadonlyMap<string, SessionSums>>();
      for (const part of partsOf(span)) {
        const query = asked(key, part, { window_ms: String(span.windowMs) });
        for (const { since_ms, signals } of PastSessions.parse(await ask(`/monitors/sessions?${query}`)))
          found.set(since_ms, new Map(Object.entries(signals).map(([name, sums]) => [name, sumsFrom(sums)])));
      }
      return found;
    },
  };
}

const sumsFrom = ([rows, squares, binSquares, rowsTimesBins]: [
  number,
  number,
  number,
  number,
]): SessionSums => ({
  ...{ rows, squares, binSquares, rowsTimesBins },
});

function windowOf({
  since_ms,
  count,
  sum,
  sum_squares,
  bins,
  categories,
}: PastWindowsAnswer[number]): PastWindow {
  return {
    sinceMs: since_ms,
    summary: { count, sum, sumSquares: sum_squares, bins: new Map(bins) },
    categories: new Map(Object.entries(categories)),
  };
}

/** A span in parts of at most WINDOWS_MAX windows, cut between two of them. */
function* partsOf({ since, until, windowMs }: TimeSpan & { windowMs: number }): Generator<TimeSpan> {
  const first = Math.floor(since.getTime() / windowMs);
  for (let window = first; window * windowMs < until.getTime(); window += WINDOWS_MAX)
    yield {
      since: new Date(Math.max(since.getTime(), window * windowMs)),
      until: new Date(Math.min(until.getTime(), (window + WINDOWS_MAX) * windowMs)),
    };
}

function asked(key: StreamKey, { since, until }: TimeSpan, more: Readonly<Record<string, string>> = {}) {
  const { project, model, version, segment } = key;
  const span = { since: since.toISOString(), until: until.toISOString() };
  return new URLSearchParams({ project, model, version, segment, ...span, ...more });
}
