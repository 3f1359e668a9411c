import { z } from 'zod';
import type { Store } from './client.ts';
import { Instant } from './instant.ts';
import { keepLate } from './late-rows.ts';
import { summaryQuery } from './queries/signal-rows.ts';
import { SEGMENT_VALUE_LENGTH_MAX, SEGMENTS_OF_ROW, segmentParams } from './segments.ts';

/** Bounds on what segments a project has; the rest of an attribute's values falls into `attribute=(other)`. */
export interface SegmentBounds {
  readonly attributesMax: number;
  readonly valuesMax: number;
}

export interface RollUpOptions {
  readonly admitted: AdmittedSegments;
  readonly bounds: SegmentBounds;
  /** By the store's clock. */
  readonly now: Date;
  /** In ms; 0 if nothing was judged. */
  readonly judgedUntil?: number;
}

/** Segments in use, per project: attribute to its admitted values, in order of admission. */
export type AdmittedSegments = Record<string, Record<string, string[]>>;

/** Minutes recomputed in one statement: bounds its memory. */
const MINUTES_PER_STATEMENT = 60;
/** Attributes that say how a call was recorded, not whose it was: they must not take the place of the users' own. */
const INSTRUMENTATION = '^(gen_ai|llm|ai|otel|server)[.]';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const Minutes = z.array(z.object({ minute: Instant }));
const Pairs = z.array(z.object({ project: z.string(), attribute: z.string(), value: z.string() }));

/** Start of each minute that has an inference received at or after `receivedSince`, oldest first. */
export async function minutesReceivedSince(store: Store, receivedSince: Date): Promise<number[]> {
  const rows = Minutes.parse(
    await store.rows(
      `SELECT DISTINCT toDateTime(toStartOfMinute(timestamp), 'UTC') AS minute FROM inferences
        WHERE received_at >= toDateTime64({since: Float64}, 3, 'UTC') ORDER BY minute`,
      { since: receivedSince.getTime() / 1000 },
    ),
  );
  return rows.map((row) => row.minute.getTime());
}

/** Start of each minute that holds one of the inferences, given by project and id; they may be stored or not. */
export async function minutesOfInferences(
  store: Store,
  projects: readonly string[],
  ids: readonly string[],
): Promise<number[]> {
  const rows = Minutes.parse(
    await store.rows(
      `SELECT DISTINCT toDateTime(toStartOfMinute(timestamp), 'UTC') AS minute FROM inferences
        WHERE project IN {projects: Array(String)} AND id IN {ids: Array(String)} ORDER BY minute`,
      { projects: [...new Set(projects)], ids },
    ),
  );
  return rows.map((row) => row.minute.getTime());
}

/**
 * Computes the rollups of these minutes, and of the hours they lie in, again from the deduplicated inferences, and
 * replaces what was there. May be repeated at any time.
 *
 * @param minutes instants in ms, each the start of a minute
 * @param now by the store's clock, whoever asks: what was computed later wins
 * @param admitted segments in use; grows within `bounds` by what the minutes hold
 * @param judgedUntil what minutes before it gain is kept apart too, for the next window (sql/late-rows.ts)
 */
export async function rollUp(
  store: Store,
  minutes: Iterable<number>,
  { admitted, bounds, now, judgedUntil = 0 }: RollUpOptions,
): Promise<void> {
  const starts = [...new Set(minutes)].sort((a, b) => a - b);
  for (let at = 0; at < starts.length; at += MINUTES_PER_STATEMENT) {
    const part = starts.slice(at, at + MINUTES_PER_STATEMENT);
    await admitSegments(store, part, { admitted, bounds });
    const late = part.filter((start) => start < judgedUntil);
    if (late.length > 0) {
      const { query, params } = summaryOf(late, admitted);
      await keepLate(store, {
        summary: query,
        params,
        inBuckets: bucketsIn(late),
        revision: revisionOf(now),
      });
    }
    await replaceMinutes(store, part, { admitted, revision: now.getTime() * 2 });
  }
  const hours = [...new Set(starts.map((start) => start - (start % HOUR_MS)))];
  for (const hour of hours) await replaceHour(store, hour, now.getTime() * 2);
}

const inMinutes = (minutes: readonly number[]): string =>
  `toStartOfMinute(timestamp) IN (${minutes.map((ms) => `toDateTime(${ms / 1000}, 'UTC')`).join(', ')})`;

async function admitSegments(
  store: Store,
  minutes: readonly number[],
  { admitted, bounds }: { admitted: AdmittedSegments; bounds: SegmentBounds },
): Promise<void> {
  if (bounds.attributesMax === 0) return;
  const pairs = Pairs.parse(
    await store.rows(
      `SELECT project, entry.1 AS attribute, leftUTF8(entry.2, ${SEGMENT_VALUE_LENGTH_MAX}) AS value, count() AS rows
         FROM inferences ARRAY JOIN CAST(attributes, 'Array(Tuple(String, String))') AS entry
        WHERE ${inMinutes(minutes)} AND NOT match(attribute, '${INSTRUMENTATION}')
        GROUP BY project, attribute, value ORDER BY rows DESC, attribute, value LIMIT 10000`,
    ),
  );
  for (const { project, attribute, value } of pairs) {
    admitted[project] ??= {};
    const ofProject = admitted[project];
    if (!Object.hasOwn(ofProject, attribute)) {
      if (Object.keys(ofProject).length >= bounds.attributesMax) continue;
      ofProject[attribute] = [];
    }
    const values = ofProject[attribute];
    if (values && values.length < bounds.valuesMax && !values.includes(value)) values.push(value);
  }
}

async function replaceMinutes(
  store: Store,
  minutes: readonly number[],
  { admitted, revision }: { admitted: AdmittedSegments; revision: number },
): Promise<void> {
  const { query, params } = summaryOf(minutes, admitted);
  await store.command(
    `INSERT INTO rollup_minute
       (project, bucket, model, version, segment, signal, revision, is_deleted, count, sum, sum_squares, bins, categories)
     SELECT project, bucket, model, version, segment, signal, ${revision + 1}, 0, count, sum, sum_squares, bins, categories
       FROM (${query})
     UNION ALL ${tombstones('rollup_minute', bucketsIn(minutes), revision)}
     ${threads(store)}`,
    params,
  );
}

/** Every signal of every admitted segment of these minutes, by bucket. */
function summaryOf(
  minutes: readonly number[],
  admitted: AdmittedSegments,
): { query: string; params: Record<string, unknown> } {
  const watched = Object.entries(admitted).flatMap(([project, ofProject]) =>
    Object.entries(ofProject).map(([attribute, values]) => ({ project, attribute, values })),
  );
  const query = summaryQuery({
    where: inMinutes(minutes),
    keep: [
      `toDateTime(toStartOfMinute(timestamp), 'UTC') AS bucket`,
      `arrayJoin(${SEGMENTS_OF_ROW}) AS segment`,
    ],
    groupBy: ['bucket', 'segment'],
  });
  return { query, params: segmentParams(watched) };
}

/** Of what is rolled up at an instant; rises with it. */
export const revisionOf = (now: Date): number => now.getTime() * 2 + 1;

/** Embedded, the cores belong to ingest: a roll-up may take its time, on one of them. */
const threads = (store: Store): string => (store.kind === 'embedded' ? 'SETTINGS max_threads = 1' : '');

/** What was in the buckets, as deleted: what is still there is written again beside it, one revision later. */
const tombstones = (table: string, where: string, revision: number): string =>
  `SELECT project, bucket, model, version, segment, signal, ${revision}, 1, 0, 0, 0,
          CAST(map(), 'Map(Int16, UInt64)'), CAST(map(), 'Map(String, UInt64)')
     FROM ${table} FINAL WHERE ${where}`;

const bucketsIn = (minutes: readonly number[]): string =>
  `bucket IN (${minutes.map((ms) => `toDateTime(${ms / 1000}, 'UTC')`).join(', ')})`;

async function replaceHour(store: Store, hourMs: number, revision: number): Promise<void> {
  const hour = `toDateTime(${hourMs / 1000}, 'UTC')`;
  await store.command(
    `INSERT INTO rollup_hour
       (project, bucket, model, version, segment, signal, revision, is_deleted, count, sum, sum_squares, bins, categories)
     SELECT project, ${hour}, model, version, segment, signal, ${revision + 1}, 0,
            sum(m.count), sum(m.sum), sum(m.sum_squares), sumMap(m.bins), sumMap(m.categories)
       FROM rollup_minute AS m FINAL
      WHERE bucket >= ${hour} AND bucket < ${hour} + ${HOUR_MS / 1000}
      GROUP BY project, model, version, segment, signal
     UNION ALL ${tombstones('rollup_hour', `bucket = ${hour}`, revision)}
     ${threads(store)}`,
  );
}

/** Start of the minute an instant lies in, in ms. */
export const minuteOf = (ms: number): number => ms - (((ms % MINUTE_MS) + MINUTE_MS) % MINUTE_MS);
