import type { Family, Verdict } from './finding.ts';
import { JUDGE_BIAS_PREFIX, QUALITY_PREFIX } from './judged-signals.ts';
import { MEANING_SIGNAL_ROWS } from './meaning-signal-table.ts';
import { QUALITY_SIGNAL_ROWS } from './quality-signal-table.ts';
import { SIGNAL_ROWS } from './signal-table.ts';
import { BUDGET_PREFIX } from './spend-budget.ts';

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
export const SIGNALS: readonly SignalSpec[] = [
  ...SIGNAL_ROWS,
  ...MEANING_SIGNAL_ROWS,
  ...QUALITY_SIGNAL_ROWS,
].map(([name, kind, unit, family, aspect, up, down, source, meaning]) => ({
  name,
  kind,
  unit,
  family,
  aspect,
  up,
  down,
  source,
  meaning,
}));

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

/** Prefix of a signal of a group against the rest: `disparity:refusal`. */
export const DISPARITY_PREFIX = 'disparity:';

/** Prefixes of what was given where a yes would have been right, and where a no: `true_positive_rate:score:approved`. */
export const TRUE_POSITIVE_PREFIX = 'true_positive_rate:';
export const FALSE_POSITIVE_PREFIX = 'false_positive_rate:';

/** Neither better nor worse as a change, and yet nobody wants less of it than the others get. */
const WORSE_WHEN_LESS: ReadonlySet<string> = new Set(['tone']);

/** What a group gets less of, or more of, than the others: one side is the worse one, and the other is a difference still. */
function disparitySpec(name: string): SignalSpec {
  const of = signalSpec(name.slice(DISPARITY_PREFIX.length));
  return {
    ...of,
    name,
    family: 'bias',
    aspect: `${DISPARITY_PREFIX}${of.aspect}`,
    up: of.up === 'regression' ? 'regression' : 'change',
    down: of.down === 'regression' || WORSE_WHEN_LESS.has(of.name) ? 'regression' : 'change',
    meaning: `A group against everybody else, like with like. ${of.meaning}`,
  };
}

/** Meaning of a signal by name. A score is better when higher. Unknown names throw: they are a bug of ours. */
export function signalSpec(name: string): SignalSpec {
  const known = BY_NAME.get(name) ?? PRESENCE.get(name);
  if (known) return known;
  if (name.startsWith(BUDGET_PREFIX)) return budgetSpec(name);
  const judged = judgedSpec(name);
  if (judged) return judged;
  if (name.startsWith(DISPARITY_PREFIX)) return disparitySpec(name);
  const odds = oddsSpec(name);
  if (odds) return odds;
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

/** A budget is no signal of an inference: what is told of it is the spend at the end of its period. */
const budgetSpec = (name: string): SignalSpec => ({
  name,
  kind: 'number',
  unit: 'µ$',
  family: 'cost',
  aspect: name,
  up: 'regression',
  down: 'improvement',
  source: 'wire',
  meaning: `Spend of the budget "${name.slice(BUDGET_PREFIX.length)}" at the end of its period.`,
});

/** What it means to get more or less of the decision follows from the decision itself. */
function oddsSpec(name: string): SignalSpec | null {
  const isTrue = name.startsWith(TRUE_POSITIVE_PREFIX);
  if (!isTrue && !name.startsWith(FALSE_POSITIVE_PREFIX)) return null;
  const of = signalSpec(name.slice(name.indexOf(':') + 1));
  return {
    ...of,
    name,
    kind: 'rate',
    unit: 'share',
    aspect: name,
    meaning: `Of inferences whose label says ${isTrue ? 'yes' : 'no'}. ${of.meaning}`,
  };
}

function judgedSpec(name: string): SignalSpec | null {
  const isQuality = name.startsWith(QUALITY_PREFIX);
  if (!isQuality && !name.startsWith(JUDGE_BIAS_PREFIX)) return null;
  const label = name.slice(name.indexOf(':') + 1);
  return {
    name,
    kind: 'rate',
    unit: 'share',
    family: isQuality ? 'degradation' : 'drift',
    aspect: name,
    up: isQuality ? 'improvement' : 'change',
    down: isQuality ? 'regression' : 'change',
    source: 'wire',
    meaning: isQuality
      ? `Mean of "${label}" over all inferences, from few scores of people and many of a judge.`
      : `How far the judge is above people in "${label}": a change is the judge's, not the model's.`,
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

/** The family of a signal; of one that this build does not know, drift. */
export function familyOf(signal: string): Family {
  try {
    return signalSpec(signal).family;
  } catch {
    return signal.startsWith('disparity:') ? 'bias' : 'drift';
  }
}
