import type { StreamKey } from '../core/finding.ts';
import { groupBy } from '../core/group-by.ts';
import { SCORE_PREFIX, SIGNALS } from '../core/signals.ts';
import { mergeSummaries, type SignalSummary, summarize } from '../core/summary.ts';
import type { MeasuredRow } from './measure.ts';

/** What a set of records says of one project, model and version. */
export interface StreamSummary {
  readonly key: StreamKey;
  readonly rows: number;
  readonly summaries: ReadonlyMap<string, SignalSummary>;
}

const NUMBERS = SIGNALS.filter((spec) => spec.kind !== 'category').map((spec) => spec.name);

/** Adds up measured rows, a chunk at a time, without the store. */
export function createSummarizer(): { add(chunk: readonly MeasuredRow[]): void; streams(): StreamSummary[] } {
  const streams = new Map<string, StreamSummary>();
  return {
    add(chunk) {
      for (const [name, rows] of groupBy(chunk, (row) => JSON.stringify(keyOf(row)))) {
        const before = streams.get(name);
        const added = summariesOf(rows);
        streams.set(name, {
          key: JSON.parse(name) as StreamKey,
          rows: (before?.rows ?? 0) + rows.length,
          summaries: before ? merged(before.summaries, added) : added,
        });
      }
    },
    streams: () => [...streams.values()],
  };
}

function keyOf({ project, model, version = '' }: MeasuredRow): Record<keyof StreamKey, unknown> {
  return { project, model, version: version ?? '', segment: '' };
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
