import { createSessionTally, type SessionTally } from '../analyzers/drift/session-tally.ts';
import type { StreamKey } from '../core/finding.ts';
import { groupBy } from '../core/group-by.ts';
import { SCORE_PREFIX, SIGNALS } from '../core/signals.ts';
import { mergeSummaries, type SignalSummary, summarize } from '../core/summary.ts';
import type { SessionSums } from '../core/window.ts';
import type { MeasuredRow } from './measure.ts';

/** What a set of records says of one project, model and version. */
export interface StreamSummary {
  readonly key: StreamKey;
  readonly rows: number;
  readonly summaries: ReadonlyMap<string, SignalSummary>;
  /** How rows of a session, or of a user, resemble each other. */
  readonly sessions: ReadonlyMap<string, SessionSums>;
}

const NUMBERS = SIGNALS.filter((spec) => spec.kind !== 'category').map((spec) => spec.name);

/** Adds up measured rows, a chunk at a time, without the store. */
export function createSummarizer(): { add(chunk: readonly MeasuredRow[]): void; streams(): StreamSummary[] } {
  const streams = new Map<string, Omit<StreamSummary, 'sessions'>>();
  const tallies = new Map<string, SessionTally>();
  return {
    add(chunk) {
      for (const [name, rows] of groupBy(chunk, (row) => JSON.stringify(keyOf(row)))) {
        const before = streams.get(name);
        const added = summariesOf(rows);
        const tally = tallies.get(name) ?? createSessionTally();
        tallies.set(name, tally);
        for (const row of rows) tallyRow(tally, row, added.keys());
        streams.set(name, {
          key: JSON.parse(name) as StreamKey,
          rows: (before?.rows ?? 0) + rows.length,
          summaries: before ? merged(before.summaries, added) : added,
        });
      }
    },
    streams: () =>
      [...streams].map(([name, stream]) => ({ ...stream, sessions: tallies.get(name)?.sums() ?? new Map() })),
  };
}

function keyOf({ project, model, version = '' }: MeasuredRow): Record<keyof StreamKey, unknown> {
  return { project, model, version: version ?? '', segment: '' };
}

function tallyRow(tally: SessionTally, row: MeasuredRow, signals: Iterable<string>): void {
  const unit = [row['session'], row['user']].find((text) => typeof text === 'string' && text !== '');
  for (const signal of signals) {
    const value = signal.startsWith(SCORE_PREFIX)
      ? scoresOf(row)[signal.slice(SCORE_PREFIX.length)]
      : row[signal];
    if (typeof value === 'number') tally.add(String(unit ?? ''), signal, value);
  }
}

const scoresOf = (row: MeasuredRow): Record<string, unknown> =>
  (row['scores'] ?? {}) as Record<string, unknown>;

function summariesOf(rows: readonly MeasuredRow[]): Map<string, SignalSummary> {
  const scores = new Set(rows.flatMap((row) => Object.keys(scoresOf(row))));
  const summaries = new Map<string, SignalSummary>();
  const add = (signal: string, read: (row: MeasuredRow) => unknown): void => {
    const summary = summarize(rows.map((row) => numberOrNull(read(row))));
    if (summary.count > 0) summaries.set(signal, summary);
  };
  for (const name of NUMBERS) add(name, (row) => row[name]);
  for (const name of scores) add(`${SCORE_PREFIX}${name}`, (row) => scoresOf(row)[name]);
  return summaries;
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function merged(
  before: ReadonlyMap<string, SignalSummary>,
  added: ReadonlyMap<string, SignalSummary>,
): Map<string, SignalSummary> {
  const all = new Map(before);
  for (const [name, summary] of added) {
    const earlier = all.get(name);
    all.set(name, earlier ? mergeSummaries(earlier, summary) : summary);
  }
  return all;
}

/** Summary of several streams together, such as all versions of a model. */
export function mergeStreams(
  streams: readonly Pick<StreamSummary, 'summaries'>[],
): ReadonlyMap<string, SignalSummary> {
  return streams.reduce((all, { summaries }) => merged(all, summaries), new Map<string, SignalSummary>());
}

/** The same of how their sessions resemble each other; a session that goes on in another stream counts as two. */
export function mergeSessions(
  streams: readonly Pick<StreamSummary, 'sessions'>[],
): ReadonlyMap<string, SessionSums> {
  const all = new Map<string, SessionSums>();
  for (const { sessions } of streams)
    for (const [signal, sums] of sessions) {
      const { rows = 0, squares = 0, binSquares = 0, rowsTimesBins = 0 } = all.get(signal) ?? {};
      all.set(signal, {
        rows: rows + sums.rows,
        squares: squares + sums.squares,
        binSquares: binSquares + sums.binSquares,
        rowsTimesBins: rowsTimesBins + sums.rowsTimesBins,
      });
    }
  return all;
}
