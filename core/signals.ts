import type { Family, Verdict } from './finding.ts';
import { SIGNAL_ROWS } from './signal-table.ts';

/** What one signal means, how it is measured, and what a change of it says. */
export interface SignalSpec {
  /** Name everywhere: column, finding, panel. Snake case, unit last. */
  readonly name: string;
  readonly kind: 'number' | 'rate' | 'category';
  readonly unit: string;
  readonly family: Family;
  /** Signals that measure the same thing share an aspect; one incident covers an aspect. */
  readonly aspect: string;
  /** What a rise and a fall say. */
  readonly up: Verdict;
  readonly down: Verdict;
  /**
   * `wire`: sent with the inference; `text`: computed in the writer from it; `embedding`: computed behind the store;
   * `map`: from where its texts lie on a reference map.
   */
  readonly source: 'wire' | 'text' | 'embedding' | 'map';
  readonly meaning: string;
}

/** Every built-in signal, in order of display. */
export const SIGNALS: readonly SignalSpec[] = SIGNAL_ROWS.map(
  ([name, kind, unit, family, aspect, up, down, source, meaning]) => ({
    name,
    kind,
    unit,
    family,
    aspect,
    up,
    down,
    source,
    meaning,
  }),
);

const BY_NAME: ReadonlyMap<string, SignalSpec> = new Map(SIGNALS.map((spec) => [spec.name, spec]));

/**
 * What is watched besides the signals of inferences: that they come, and that they are judged. No detector looks at
 * these; the alerter does, by the clock.
 */
export const PRESENCE_SIGNALS = ['inferences', 'judgements'] as const;

const PRESENCE: ReadonlyMap<string, SignalSpec> = new Map(
  [
    ['inferences', 'arrival', 'Inferences that arrive, an hour.'] as const,
    ['judgements', 'judging', 'Windows that are judged, of those that have inferences.'] as const,
  ].map(([name, aspect, meaning]) => [
    name,
    {
      name,
      kind: 'number',
      unit: 'an hour',
      family: 'degradation',
      aspect,
      up: 'change',
      down: 'regression',
      source: 'wire',
      meaning,
    },
  ]),
);

/** Prefix of a signal that is a score given from outside: `score:correct`. */
export const SCORE_PREFIX = 'score:';

/** Meaning of a signal by name. A score is better when higher. Unknown names throw: they are a bug of ours. */
export function signalSpec(name: string): SignalSpec {
  const known = BY_NAME.get(name) ?? PRESENCE.get(name);
  if (known) return known;
  if (!name.startsWith(SCORE_PREFIX)) throw new Error(`no signal named ${name}`);
  return {
    name,
    kind: 'number',
    unit: 'score',
    family: 'degradation',
    aspect: name,
    up: 'improvement',
    down: 'regression',
    source: 'wire',
    meaning: `Score "${name.slice(SCORE_PREFIX.length)}" given from outside; higher is better.`,
  };
}

/** The aspect of a signal; of one that this build does not know, as a newer process writes it, the signal itself. */
export function aspectOf(signal: string): string {
  try {
    return signalSpec(signal).aspect;
  } catch {
    return signal;
  }
}
