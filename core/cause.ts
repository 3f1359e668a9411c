/** A number with its 95 % interval: low ≤ value ≤ high. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * What a change is measured by when its causes are looked for. `share`: mean of a signal that is 0 or 1; `rank`: mean rank among the values
 * before, in [0, 1], 0.5 before by construction; `spread`: mean distance of that rank from the middle, in [0, 1]; `category`: share of the category
 * that gained or lost most.
 */
export type CauseMeasure = 'share' | 'rank' | 'spread' | 'category';

/** One side of one group of inferences: how many, and the middle of the signal: a share, else the median in its unit. */
export interface GroupSide {
  readonly rows: number;
  readonly middle: number;
}

/** A group of inferences before and after. */
export interface GroupChange {
  readonly before: GroupSide;
  readonly after: GroupSide;
  /** Of the measure. */
  readonly change: Estimate;
}

/** What one value of an attribute adds to the change of the whole: `mix` + `within` over all values is the change. */
export interface ValueShare {
  readonly value: string;
  /** Share of the inferences, in [0, 1]. */
  readonly shareBefore: number;
  readonly shareAfter: number;
  readonly mix: number;
  readonly within: number;
}

/** How much of the change is that other inferences arrive, and how much that the same are answered otherwise (Kitagawa 1955). */
export interface MixShare {
  readonly attribute: string;
  readonly mix: Estimate;
  readonly within: Estimate;
  /** The largest contributions first; the rest of the values as `(other)`. */
  readonly values: readonly ValueShare[];
}

/** One attribute of a subset, and the values that are in it. */
export interface SubsetPart {
  readonly attribute: string;
  readonly values: readonly string[];
  /** How many other values the attribute has. */
  readonly othersCount: number;
}

/** Inferences in which the change is larger than in all others. */
export interface Subset {
  /** All of them must hold. */
  readonly parts: readonly SubsetPart[];
  /** Of the half of the sessions that had no say in which subset it is. */
  readonly inside: GroupChange;
  readonly outside: GroupChange;
  /** Chance that the search finds as much where the change is the same everywhere: by replays of the data without it. */
  readonly chance: number;
  /** The same of this one subset in the half that had no say. */
  readonly chanceConfirmed: number;
}

/** The outcome of the search for a subset; null: nothing stands out, so the change is about the same wherever it can be seen. */
export interface SubsetScan {
  readonly subset: Subset | null;
  readonly attributes: readonly string[];
  /** Of the best subset found, whether or not it stands; 1 if there was nothing to search. */
  readonly chance: number;
}

/** A topic of the prompts, and what it adds to the change. */
export interface TopicShare {
  /** Its distinctive words; empty: everything else. */
  readonly terms: readonly string[];
  readonly shareBefore: number;
  readonly shareAfter: number;
  readonly mix: number;
  readonly within: number;
}

export interface TopicShares {
  readonly mix: Estimate;
  readonly within: Estimate;
  /** The largest contributions first. */
  readonly topics: readonly TopicShare[];
}

/** Something that began, or whose share jumped, near the moment of the change. */
export interface Onset {
  /** `version`, `release`, `prompt_version` …, or an attribute. */
  readonly attribute: string;
  readonly value: string;
  /** The value of the same attribute that lost most; empty if none did. */
  readonly replaced: string;
  /** Share of the model's inferences, in [0, 1]. */
  readonly shareBefore: number;
  readonly shareAfter: number;
  readonly isNew: boolean;
  readonly at: Date;
  /** From the start of the change: negative is before it. */
  readonly distanceMs: number;
}

/** Ids of one inference before and one after that are alike and were answered differently. */
export interface ExamplePairIds {
  readonly before: string;
  readonly after: string;
  /** Why they are alike. */
  readonly by: 'prompt' | 'embedding';
  /** Cosine of the two prompts; 1 for the same prompt. */
  readonly likeness: number;
}

/** What was compared. */
export interface CauseSpan {
  readonly version: string;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  /** Inferences looked at: a sample where there are more. */
  readonly rows: number;
}

/** What explains an incident. Computed when it opens and once more when more is known of it. */
export interface Cause {
  readonly incidentId: string;
  readonly project: string;
  readonly computedAt: Date;
  /** `settled`: looked at again, with as much data as there will be. */
  readonly stage: 'first' | 'settled';
  readonly signal: string;
  readonly measure: CauseMeasure;
  /** With measure `category`: which; empty otherwise. */
  readonly category: string;
  readonly before: CauseSpan;
  readonly after: CauseSpan;
  /** Of the whole. */
  readonly whole: GroupChange;
  /** By how much the mix explains, the most first. */
  readonly mixes: readonly MixShare[];
  readonly scan: SubsetScan;
  /** Null where prompts have no vectors. */
  readonly topics: TopicShares | null;
  /** The likeliest first. */
  readonly onsets: readonly Onset[];
  readonly pairs: readonly ExamplePairIds[];
}
