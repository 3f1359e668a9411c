import type { Cause, CauseSpan, ExamplePairIds, Onset } from '../../core/cause.ts';
import type { Finding, StreamKey, Verdict } from '../../core/finding.ts';
import type { Histogram, Incident } from '../../core/incident.ts';
import type { DeliveryLine } from './api-views.ts';
import type { Instant } from './instant.ts';

/** The same fields with every Date as JSON carries it. */
export type Json<T> = {
  readonly [K in keyof T]: T[K] extends Date ? Instant : T[K] extends Date | null ? Instant | null : T[K];
};

/** An incident without its histograms: what lists and time lines need. */
export type IncidentLine = Json<Omit<Incident, 'histograms' | 'quietWindows' | 'acknowledged'>> & {
  readonly acknowledged: Json<NonNullable<Incident['acknowledged']>> | null;
};

/**
 * How a stream is, in one word. `learning`: no baseline yet; `not_enough_data`: it has one, but the latest window
 * is too small to say anything; `ok`: checked, and nothing stands.
 */
export type StreamState = 'incident' | 'ok' | 'learning' | 'not_enough_data';

export interface StreamStatus {
  readonly state: StreamState;
  /** With `learning` and `not_enough_data`: about how many more rows are needed; null if not known yet. */
  readonly rowsNeeded: number | null;
  /** Signals with a verdict in the latest window, and signals that have data at all. */
  readonly signalsChecked: number;
  readonly signalsSeen: number;
}

/** A time line small enough for a table cell. */
export interface Sparkline {
  readonly signal: string;
  readonly isRate: boolean;
  /** Of the incident that this signal is part of, unless it is closed; null without one. */
  readonly verdict: Verdict | null;
  /** Mean of a rate, median otherwise; one per bucket, null where there was no row. */
  readonly values: readonly (number | null)[];
}

export interface StreamLine extends StreamKey {
  readonly status: StreamStatus;
  readonly inferences: number;
  /** Inferences in the last hour that had any, ending at `lastSeen`. */
  readonly lastHour: number;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
  readonly openIncidents: number;
  readonly sparklines: readonly Sparkline[];
}

/** GET /api/overview */
export interface Overview {
  readonly now: Instant;
  /** Streams with an incident first, then by last inference, newest first. */
  readonly streams: readonly StreamLine[];
  /** Open and recovering, of each cause one; regressions first, the most urgent of them first. */
  readonly incidents: readonly IncidentLine[];
}

/** GET /api/incidents?state=open|all : unclosed first, regressions first, the most urgent first; bounded. `open` has one of each cause, `all` those too that others speak for. */
export interface IncidentList {
  readonly now: Instant;
  readonly incidents: readonly IncidentLine[];
}

/** Where the baseline of a signal lies, in the signal's unit. */
export interface BaselineBand {
  readonly count: number;
  readonly mean: number;
  readonly p05: number;
  readonly median: number;
  readonly p95: number;
}

/** What was last said about one signal of a stream. */
export interface SignalLine {
  readonly signal: string;
  readonly isRate: boolean;
  readonly baseline: BaselineBand | null;
  readonly latest: LatestFinding | null;
}

export type LatestFinding = Json<
  Pick<
    Finding,
    | 'until'
    | 'outcome'
    | 'direction'
    | 'verdict'
    | 'effect'
    | 'before'
    | 'after'
    | 'evidence'
    | 'samples'
    | 'rowsNeeded'
  >
>;

/** GET /api/stream?project&model&version&segment : the signals of one stream, in order of display. */
export interface StreamDetail {
  readonly now: Instant;
  readonly stream: StreamKey;
  readonly status: StreamStatus;
  readonly inferences: number;
  readonly lastHour: number;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
  readonly signals: readonly SignalLine[];
  /** All of this stream, newest first, bounded. */
  readonly incidents: readonly IncidentLine[];
}

export const RANGES = ['1h', '6h', '24h', '7d', 'all'] as const;
export type Range = (typeof RANGES)[number];

/** One signal in columns, one entry per bucket that had a row. */
export interface Series {
  readonly signal: string;
  /** Index of the bucket: it starts at `since` + index × `stepMs`. */
  readonly bucket: readonly number[];
  readonly count: readonly number[];
  readonly mean: readonly number[];
  readonly p05: readonly number[];
  readonly median: readonly number[];
  readonly p95: readonly number[];
}

/** GET /api/series?project&model&version&segment&range : time lines over [since, until). */
export interface SeriesAnswer {
  readonly since: Instant;
  readonly until: Instant;
  readonly stepMs: number;
  readonly series: readonly Series[];
}

/** One inference as an example. Text is cut to a bound by the store; `isCut` says so. */
export interface Example {
  readonly id: string;
  readonly timestamp: Instant;
  readonly version: string;
  readonly prompt: string;
  readonly response: string;
  readonly isCut: boolean;
  /** Value of the signal that names the incident. */
  readonly value: number | null;
}

/** What explains an incident, without the ids of its examples. */
export type IncidentCause = Omit<Cause, 'pairs' | 'computedAt' | 'before' | 'after' | 'onsets'> & {
  readonly computedAt: Instant;
  readonly before: Json<CauseSpan>;
  readonly after: Json<CauseSpan>;
  readonly onsets: readonly Json<Onset>[];
};

/** GET /api/incidents/:id */
export interface IncidentDetail {
  readonly now: Instant;
  readonly incident: IncidentLine;
  readonly histograms: { readonly before: Histogram; readonly after: Histogram };
  readonly examples: { readonly before: readonly Example[]; readonly after: readonly Example[] };
  /** What was said to whom, the last first; bounded. */
  readonly deliveries: readonly DeliveryLine[];
  /** Of its rule: an address, or the name of one of docs/runbooks; empty if there is none. */
  readonly runbook: string;
  /** The incident that speaks for this one; null if none does. */
  readonly mutedBy: { readonly id: string; readonly title: string } | null;
  /** What explains it; null until that is known, and where there is nothing to explain it by. */
  readonly cause: IncidentCause | null;
  /** Inferences that are alike, before and after. */
  readonly pairs: readonly {
    readonly before: Example;
    readonly after: Example;
    readonly by: ExamplePairIds['by'];
  }[];
}

/** Body of every answer that is not 2xx. */
export interface ApiError {
  readonly error: { readonly code: string; readonly message: string };
}

export type { Histogram, Verdict };
