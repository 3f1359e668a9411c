import type { Family, StreamKey } from './finding.ts';
import { isLike } from './silence.ts';

/** What is watched, how, and how much of the false-alarm budget it may have. */
export interface Monitor {
  readonly name: string;
  /** Names of signals, in which `*` stands for any characters; empty: all of `families`. */
  readonly signals: readonly string[];
  /** Empty: all. */
  readonly families: readonly Family[];
  /** Names as findings have them; null: whichever fits the kind of the signal. */
  readonly detectors: readonly string[] | null;
  /**
   * What is normal: `trailing`, dates or a version, as BASELINE says them; `previous`: the version before, for as long as the
   * stream lasts; null: what BASELINE says.
   */
  readonly baseline: string | null;
  /** Attributes whose segments are watched beside the whole. */
  readonly segments: 'all' | 'none' | readonly string[];
  /** Smaller effects are no alarm, whatever the detector thinks large: a difference of shares, Cliff's δ and so on. */
  readonly minimumEffect: number;
  /** Multiplies the part of the budget that its signals have; 1 is as usual. */
  readonly priority: number;
  readonly isOn: boolean;
}

/** Streams that matter more to the owner, or less. A name in which `*` stands for any characters; null: whichever. */
export interface StreamPriority {
  readonly project: string | null;
  readonly model: string | null;
  readonly version: string | null;
  /** `plan=pro`; null: the whole and every segment. */
  readonly segment: string | null;
  /** Multiplies the part of the budget that these streams have; 1 is as usual. */
  readonly priority: number;
}

/** What the owner says is watched. */
export interface MonitorSettings {
  readonly monitors: readonly Monitor[];
  /** The first that fits a stream governs it. */
  readonly streamPriorities: readonly StreamPriority[];
}

/** Priority of a stream: of the first that fits it; 1 if none does. */
export function priorityOf(priorities: readonly StreamPriority[], key: StreamKey): number {
  const fits = (pattern: string | null, text: string) => pattern === null || isLike(text, pattern);
  const found = priorities.find(
    ({ project, model, version, segment }) =>
      fits(project, key.project) &&
      fits(model, key.model) &&
      fits(version, key.version) &&
      fits(segment, key.segment),
  );
  return found?.priority ?? 1;
}

/** The monitor that a signal of a family is governed by: the first that names it; null if none does. */
export function monitorOf(
  monitors: readonly Monitor[],
  { signal, family }: { signal: string; family: Family },
): Monitor | null {
  return (
    monitors.find(
      ({ signals, families }) =>
        (signals.length === 0 || signals.some((pattern) => isLike(signal, pattern))) &&
        (families.length === 0 || families.includes(family)),
    ) ?? null
  );
}

/** Whether a monitor watches a segment: the whole always, if it is on. */
export function watches({ isOn, segments }: Monitor, { segment }: Pick<StreamKey, 'segment'>): boolean {
  if (!isOn || segment === '' || segments === 'all') return isOn;
  return segments !== 'none' && segments.includes(segment.slice(0, segment.indexOf('=')));
}
