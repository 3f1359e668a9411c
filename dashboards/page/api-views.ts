import type { StreamKey } from '../../core/finding.ts';
import type { Severity } from '../../core/severity.ts';
import type { Instant } from './instant.ts';

/** What one signal is like in one segment. */
export interface SegmentCell {
  readonly count: number;
  /** Mean of a rate, median otherwise, in the signal's unit. */
  readonly value: number;
  /**
   * Largest gap between this segment's distribution and that of all other inferences, less what chance alone would make of
   * it (Kolmogorov–Smirnov, 1 %); in [0, 1], 0: no more than chance.
   */
  readonly difference: number;
}

export interface SegmentLine {
  /** `region=eu`; empty: all inferences. */
  readonly segment: string;
  readonly inferences: number;
  /** Of the model's inferences, in [0, 1]. */
  readonly share: number;
  readonly openIncidents: number;
  /** The signal in which it differs most; null if it differs in none. */
  readonly mostDifferent: string | null;
  /** In the order of `signals`; null where it has no value. */
  readonly cells: readonly (SegmentCell | null)[];
}

/** GET /api/segments?project&model&version&range : a model's segments side by side, the most different first. */
export interface SegmentsAnswer {
  readonly now: Instant;
  readonly stream: Omit<StreamKey, 'segment'>;
  readonly since: Instant;
  readonly until: Instant;
  readonly signals: readonly { readonly signal: string; readonly isRate: boolean }[];
  readonly whole: SegmentLine;
  readonly segments: readonly SegmentLine[];
}

/** One prompt on the plane. */
export interface MapPoint {
  readonly id: string;
  readonly isCurrent: boolean;
  readonly x: number;
  readonly y: number;
  /** Index in `topics`. */
  readonly topic: number;
  readonly timestamp: Instant;
  /** Beginning of both. */
  readonly prompt: string;
  readonly response: string;
}

export interface TopicLine {
  /** Its distinctive words; without any `everything else`, or, where there are several such, how its most typical prompt begins. */
  readonly name: string;
  /** Shares of the samples, in [0, 1]. */
  readonly baselineShare: number;
  readonly currentShare: number;
  readonly x: number;
  readonly y: number;
}

export interface MapSide {
  readonly since: Instant;
  readonly until: Instant;
  readonly version: string;
  readonly count: number;
}

/** GET /api/embeddings?project&model&version&segment[&incident] : prompts of two sides on one plane. */
export interface EmbeddingMap {
  readonly now: Instant;
  readonly stream: StreamKey;
  readonly baseline: MapSide;
  readonly current: MapSide;
  /** The change that parts the two sides; null: the latest against what was before. */
  readonly incident: string | null;
  /** Share of all variance that the plane shows, in [0, 1]. */
  readonly shownShare: number;
  /** The one whose share changed most first. */
  readonly topics: readonly TopicLine[];
  readonly points: readonly MapPoint[];
  /** Why there is no picture; null where there is one. */
  readonly missing: 'no_vectors' | 'one_side' | null;
}

/** What became of one notification. */
export interface DeliveryLine {
  readonly incidentId: string;
  readonly receiver: string;
  readonly kind: string;
  readonly state: 'waiting' | 'sent' | 'failed' | 'skipped';
  readonly attempts: number;
  readonly error: string;
  readonly decidedAt: Instant;
  readonly nextAt: Instant;
  readonly sentAt: Instant | null;
}

export interface ReceiverLine {
  readonly name: string;
  readonly type: string;
  readonly sent: number;
  readonly waiting: number;
  readonly failed: number;
  readonly lastSentAt: Instant | null;
  /** Of the last delivery that is waiting or has failed; empty if none. */
  readonly lastError: string;
}

export interface RuleLine {
  readonly name: string;
  readonly isOn: boolean;
  /** Null: that of the change itself. */
  readonly severity: Severity | null;
  /** What it is about, in words: `family drift`, `model gpt-*`. Empty: everything that no rule above it took. */
  readonly matches: readonly string[];
  /** When it opens and closes, and what it does when a stream goes blind, in words. */
  readonly conditions: readonly string[];
  /** Empty: all. */
  readonly receivers: readonly string[];
  readonly runbook: string;
  /** Unclosed incidents that it governs; at most a hundred are looked at. */
  readonly incidents: readonly { readonly id: string; readonly title: string }[];
}

/** GET /api/rules : what is in force, in order: the first that matches governs. */
export interface RulesAnswer {
  readonly now: Instant;
  /** The file they were read from. */
  readonly source: string;
  readonly rules: readonly RuleLine[];
  readonly receivers: readonly ReceiverLine[];
}

/** GET /api/runbooks/:name : a page of docs/runbooks. */
export interface RunbookAnswer {
  readonly name: string;
  readonly markdown: string;
}

export interface CheckLine {
  readonly name: string;
  readonly ok: boolean;
  readonly reason: string;
}

export interface LoopLine {
  readonly name: string;
  readonly periodMs: number;
  readonly lastSuccessAt: Instant | null;
  readonly lastDurationMs: number;
  readonly lastError: string | null;
}

/** What this process knows of itself. */
export interface ProcessLine {
  readonly ready: boolean;
  readonly checks: readonly CheckLine[];
  readonly warnings: readonly string[];
  readonly loops: readonly LoopLine[];
  /** As /metrics has them, without the prefix. */
  readonly figures: readonly { readonly name: string; readonly help: string; readonly value: number }[];
}

/** GET /api/pipeline : whether what arrives becomes findings and messages. */
export interface PipelineAnswer {
  readonly now: Instant;
  /** Inferences by the minute of their timestamp, oldest first, over [since, until). */
  readonly arrivals: { readonly since: Instant; readonly stepMs: number; readonly counts: readonly number[] };
  /** Latest instant of each step; null where there is none. */
  readonly latest: {
    readonly inference: Instant | null;
    readonly embedding: Instant | null;
    readonly finding: Instant | null;
    readonly incident: Instant | null;
  };
  readonly receivers: readonly ReceiverLine[];
  /** Waiting and failed ones, the last decided first; bounded. */
  readonly troubled: readonly DeliveryLine[];
  /** Null: figures of the process are of all projects, and this key is for one. */
  readonly process: ProcessLine | null;
}

/** A silence as the API gives it (GET /v1/silences). */
export interface SilenceLine {
  readonly id: string;
  /** Empty: all projects. */
  readonly project: string;
  /** `model=gpt-*`, as a person writes them. */
  readonly matchers: readonly string[];
  readonly starts_at: Instant;
  readonly ends_at: Instant;
  readonly author: string;
  readonly comment: string;
}

/** GET /v1/silences : those that have not ended, the next to end first. */
export interface SilencesAnswer {
  readonly silences: readonly SilenceLine[];
}
