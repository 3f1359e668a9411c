import { z } from 'zod';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';

interface Stream {
  readonly project: string;
  readonly model: string;
  readonly version: string;
}

/** How inferences of one stream arrive, and how far they have been judged. */
export interface Arrival extends Stream {
  /** The last one came then or later. */
  readonly seenAtLeast: Date;
  /** The last one came then or earlier: a minute after `seenAtLeast`, an hour if that is more than a day ago. */
  readonly lastSeen: Date;
  /** Longest time without any, of the days before: by the hour, and of the last day by the minute. */
  readonly longestGapMs: number;
  /** Number of hours that had any. */
  readonly hours: number;
  /** Of an hour that has any: the usual number. */
  readonly perHour: number;
  /** End of the last window that was judged; null if there is none. */
  readonly judgedUntil: Date | null;
}

/** What is new of a stream; each is null if nothing is. */
export interface LatestArrival extends Stream, Pick<Arrival, 'judgedUntil'> {
  /** Start of the last minute that has inferences. */
  readonly lastMinute: Date | null;
}

/** The engine's zero stands for none. */
const InstantOrNull = Instant.transform((at) => (at.getTime() === 0 ? null : at));
const STREAM = { project: z.string(), model: z.string(), version: z.string() };
const HistoryRow = z.object({
  ...STREAM,
  seen_at_least: Instant,
  last_seen: Instant,
  longest_gap_s: z.coerce.number(),
  hours: z.coerce.number(),
  per_hour: z.coerce.number(),
  judged_until: InstantOrNull,
});
const LatestRow = z.object({ ...STREAM, last_minute: InstantOrNull, judged_until: InstantOrNull });

/** Starts of the buckets that hold inferences. FINAL would merge the rows of all signals; these are few. */
const buckets = (table: 'rollup_hour' | 'rollup_minute', since: string): string => `
      SELECT project, model, version, toUnixTimestamp(bucket) AS start, argMax(r.count, revision) AS number
        FROM ${table} AS r
       WHERE signal = 'inferences' AND segment = '' AND bucket >= {${since}: DateTime64(3, 'UTC')}
         AND bucket <= {now: DateTime64(3, 'UTC')}
       GROUP BY project, model, version, bucket
      HAVING argMax(is_deleted, revision) = 0`;

/** The key of a bucket is its start: between two there is at least so much. */
const longestGap = (seconds: number): string =>
  `greatest(0, arrayMax(arrayDifference(arraySort(groupArray(start)))) - ${seconds}) AS longest_gap_s`;

/** The bound on `until` leaves out all parts that end before it. */
const JUDGED = `
      SELECT project, model, version, max(until) AS judged_until
        FROM findings
       WHERE segment = '' AND until >= {since: DateTime64(3, 'UTC')}
       GROUP BY project, model, version`;

const HISTORY = `
  SELECT h.project AS project, h.model AS model, h.version AS version, hours, per_hour,
         toDateTime64(if(m.last_minute > 0, m.last_minute, h.last_hour), 3, 'UTC') AS seen_at_least,
         toDateTime64(if(m.last_minute > 0, m.last_minute + 59, h.last_hour + 3599), 3, 'UTC') AS last_seen,
         greatest(h.longest_gap_s, m.longest_gap_s) AS longest_gap_s,
         toDateTime64(f.judged_until, 3, 'UTC') AS judged_until
    FROM (
      SELECT project, model, version, max(start) AS last_hour, count() AS hours, median(number) AS per_hour,
             ${longestGap(3_600)}
        FROM (${buckets('rollup_hour', 'since')})
       GROUP BY project, model, version
       ORDER BY hours > 1 DESC, last_hour LIMIT {limit: UInt32}
    ) AS h
    LEFT JOIN (
      SELECT project, model, version, max(start) AS last_minute, ${longestGap(60)}
        FROM (${buckets('rollup_minute', 'day')})
       GROUP BY project, model, version
    ) AS m USING (project, model, version)
    LEFT JOIN (${JUDGED}
    ) AS f USING (project, model, version)`;

const LATEST = `
  SELECT project, model, version, toDateTime64(max(minute), 3, 'UTC') AS last_minute,
         max(judged) AS judged_until
    FROM (
      SELECT project, model, version, max(start) AS minute, toDateTime64(0, 3, 'UTC') AS judged
        FROM (${buckets('rollup_minute', 'since')})
       GROUP BY project, model, version
       UNION ALL
      SELECT project, model, version, 0 AS minute, judged_until AS judged
        FROM (${JUDGED})
    )
   GROUP BY project, model, version`;

const DAY_MS = 24 * 3_600_000;
/** Bounds what a client can do that makes up a version for each call. */
const STREAMS_MAX = 100_000;

/**
 * Streams that had inferences since an instant, in no order. Reads every hour of the span and every minute of the last day:
 * not to be asked each minute. At most 100,000: those that were seen in more than one hour come first, and among them the
 * longest silent.
 */
export async function arrivalHistory(
  store: Store,
  { since, now }: { since: Date; now: Date },
): Promise<Arrival[]> {
  const rows = await store.rows(HISTORY, {
    since: toSqlInstant(since),
    day: toSqlInstant(new Date(now.getTime() - DAY_MS)),
    now: toSqlInstant(now),
    limit: STREAMS_MAX,
  });
  return z
    .array(HistoryRow)
    .parse(rows)
    .map(({ seen_at_least, last_seen, longest_gap_s, per_hour, judged_until, ...rest }) => ({
      ...rest,
      seenAtLeast: seen_at_least,
      lastSeen: last_seen,
      longestGapMs: longest_gap_s * 1_000,
      perHour: per_hour,
      judgedUntil: judged_until,
    }));
}

/** Streams of which a minute or a finding lies at or after `since`, in no order. Cheap, if that is hours ago at most. */
export async function latestArrivals(
  store: Store,
  { since, now }: { since: Date; now: Date },
): Promise<LatestArrival[]> {
  const rows = await store.rows(LATEST, { since: toSqlInstant(since), now: toSqlInstant(now) });
  return z
    .array(LatestRow)
    .parse(rows)
    .map(({ last_minute, judged_until, ...stream }) => ({
      ...stream,
      lastMinute: last_minute,
      judgedUntil: judged_until,
    }));
}
