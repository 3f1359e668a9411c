import type { Direction, Effect, Finding, StreamKey } from './finding.ts';
import {
  formatCount,
  formatPair,
  formatPoints,
  formatRatio,
  formatShare,
  formatSigned,
  formatTimes,
  formatValue,
  plural,
} from './format.ts';
import type { Incident } from './incident.ts';
import { signalWords } from './signal-words.ts';
import { signalSpec } from './signals.ts';

/** What the words of a change are made from; an incident has it, and a finding with enough data. */
export type Change = Pick<Incident, 'signal' | 'direction' | 'before' | 'after' | 'effect' | 'detector'>;

export const VERDICT_LABELS = {
  regression: 'Regression',
  improvement: 'Improvement',
  change: 'Change',
} as const;

/** One sentence that begins with the model: `gpt-4: responses are 99 % shorter (638 → 4 characters)`. */
export function incidentTitle(incident: Change & Pick<StreamKey, 'model' | 'version' | 'segment'>): string {
  if (incident.detector === 'presence') return `${streamName(incident)}: ${changeWords(incident)}`;
  return `${streamName(incident)}: ${changeWords(incident)} (${pairWords(incident)})`;
}

/** Name of a stream as people say it: `gpt-4 0613 (region=eu)`; a version that names the model stands alone. */
export function streamName({
  model,
  version,
  segment,
}: Pick<StreamKey, 'model' | 'version' | 'segment'>): string {
  const name = version.startsWith(model) ? version : `${model} ${version}`.trim();
  return segment ? `${name} (${segment})` : name;
}

/** What happened, without model and numbers: `responses are 99 % shorter`. */
export function changeWords(change: Change): string {
  if (change.detector === 'disparity') return disparityWords(change);
  const { subject, label } = signalWords(change.signal);
  if (change.detector === 'presence') {
    if (change.signal !== 'inferences') return 'inferences arrive, and nothing judges them';
    return `no inferences arrive (usually ${formatCount(change.before)} an hour)`;
  }
  if (change.detector === 'budget')
    return `${subject} ${change.direction === 'up' ? 'will not last' : 'will last'}`;
  if (change.direction === 'mix') return `${subject} are mixed differently`;
  if (change.direction === 'shape') return `${lowerFirst(label)} is spread differently`;
  if (isRateChange(change)) {
    return `${subject.replace(/ is$/, '')} ${change.direction === 'up' ? 'rose' : 'fell'}`;
  }
  return `${subject} ${amountWords(change)}`;
}

/** The numbers of a change in its own unit: `638 → 4 characters`. */
export function pairWords(
  change: Pick<Change, 'signal' | 'before' | 'after' | 'effect' | 'detector'>,
): string {
  const unit = unitOf(change.signal, isRateChange(change));
  if (change.detector === 'disparity')
    return `${formatValue(change.after, unit)} against ${formatValue(change.before, unit)} of the rest`;
  return formatPair(change.before, change.after, unit);
}

/** The two sides of a comparison: in time, or, of a disparity, of people. */
export function sideWords({ detector }: Pick<Finding, 'detector'>): { before: string; after: string } {
  return detector === 'disparity'
    ? { before: 'of the rest', after: 'of the group' }
    : { before: 'before', after: 'after' };
}

/** What a group gets: `more refusals than the rest`, `responses take longer than for the rest`. */
function disparityWords(change: Change): string {
  const { subject, up, down } = signalWords(change.signal);
  const isUp = change.direction === 'up';
  const isScore = subject.endsWith(' is');
  if (isRateChange(change) && !isScore) return `${isUp ? 'more' : 'fewer'} ${subject} than the rest`;
  const word = isUp ? up : down;
  return `${subject} ${word} than for the rest`;
}

/** True when before and after are shares of inferences. */
export function isRateChange({ effect, detector }: Pick<Finding, 'effect' | 'detector'>): boolean {
  return detector === 'rate' || effect?.name === 'rate_difference' || effect?.name === 'rate_ratio';
}

/** Unit of a signal as it is shown: a rate, and a score that is only 0 or 1, is a share. */
export function unitOf(signal: string, isRate: boolean): string {
  if (isRate) return 'share';
  try {
    return signalSpec(signal).unit;
  } catch {
    // A signal of a later version, read from the store: its number is shown without a unit.
    return '';
  }
}

/** The rule of the US Uniform Guidelines (1978): a rate below this share of another one is taken for adverse. */
const FOUR_FIFTHS = 0.8;

/** Effect with its interval: `Cliff’s δ −0.99 [−1.00, −0.97]`, or in percentage points. */
export function effectWords({ name, value, low, high }: Effect): string {
  if (name === 'rate_difference') {
    return `${formatPoints(value)} points [${formatPoints(low)}, ${formatPoints(high)}]`;
  }
  if (name === 'rate_ratio') {
    const interval = `ratio ${formatRatio(value)} [${formatRatio(low)}, ${formatRatio(high)}]`;
    const isViolated = low > 1 / FOUR_FIFTHS || high < FOUR_FIFTHS;
    return isViolated ? `${interval}, four-fifths violated with 95 % confidence` : interval;
  }
  if (name === 'ks_distance')
    return `KS distance ${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
  if (name === 'relative_change')
    return `${formatPoints(value)} % [${formatPoints(low)}, ${formatPoints(high)}]`;
  return `Cliff’s δ ${formatSigned(value)} [${formatSigned(low)}, ${formatSigned(high)}]`;
}

/** How sure: evidence against what an alarm needs, and how many inferences say so. */
export function evidenceWords({ evidence, samples }: Pick<Finding, 'evidence' | 'samples'>): string {
  return `${formatTimes(evidence)} what an alarm needs, from ${plural(samples.current, 'inference')}`;
}

/** Amount and direction: `99 % shorter`, `3.1 × as long`; the direction alone where a ratio says nothing. */
function amountWords({ signal, direction, before, after }: Change): string {
  const { up, down, times } = signalWords(signal);
  const word = direction === 'up' ? up : down;
  if (times === '' || before <= 0 || after < 0 || directionOf(before, after) !== direction) return word;
  const ratio = after / before;
  if (ratio >= 2) return `${formatTimes(ratio)} ${times}`;
  return `${wholeShare(Math.abs(ratio - 1))} ${word}`;
}

function directionOf(before: number, after: number): Direction | null {
  if (before === after) return null;
  return after > before ? 'up' : 'down';
}

/** Whole per cent where that is not a lie: 99.4 % less is "99 %", not "100 %". */
function wholeShare(share: number): string {
  return formatShare(share >= 0.01 && share < 1 ? Math.min(99, Math.round(share * 100)) / 100 : share);
}

/** A label inside a sentence; an abbreviation such as JSON stays. */
export function lowerFirst(label: string): string {
  return /^[A-Z]{2}/.test(label) ? label : label.charAt(0).toLowerCase() + label.slice(1);
}
