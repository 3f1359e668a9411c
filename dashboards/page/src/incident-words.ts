import { SCORE_PREFIX } from '../../../core/signals.ts';
import type { IncidentLine } from '../api.ts';
import {
  formatInstant,
  formatPair,
  formatShare,
  formatShort,
  formatSigned,
  formatTimes,
  plural,
} from './format.ts';
import { signalWords, unitOf } from './words.ts';

type Change = Pick<IncidentLine, 'signal' | 'direction' | 'before' | 'after' | 'effect' | 'detector'>;

/** True when before and after are shares of inferences. */
export function isRateChange({ effect, detector }: Pick<Change, 'effect' | 'detector'>): boolean {
  return detector === 'rate' || effect.name === 'rate_difference';
}

/** Name of a stream as people say it: `gpt-4 0613`, with its segment if it is one. */
export function streamName(stream: { model: string; version: string; segment?: string }): string {
  const version = stream.version === '' ? '' : ` ${stream.version}`;
  return `${stream.model}${version}${stream.segment ? ` (${stream.segment})` : ''}`;
}

/** What happened, without model and time: `answers are 99 % shorter`. */
export function changeWords(change: Change): string {
  const words = signalWords(change.signal);
  if (change.direction === 'mix') return `${words.subject} are mixed differently`;
  if (change.direction === 'shape') return `${words.label.toLowerCase()} is spread differently`;
  const isUp = change.direction === 'up';
  if (isRateChange(change)) {
    const subject = change.signal.startsWith(SCORE_PREFIX)
      ? words.subject.replace(/ is$/, '')
      : words.subject;
    return `${subject} ${isUp ? 'rose' : 'fell'}`;
  }
  return `${words.subject} ${amountWords(change, isUp)}`;
}

function amountWords({ signal, before, after }: Change, isUp: boolean): string {
  const { up, down, times } = signalWords(signal);
  const direction = isUp ? up : down;
  const isConsistent = isUp ? after > before : after < before;
  if (times === '' || before <= 0 || after < 0 || !isConsistent) return direction;
  const ratio = after / before;
  if (ratio >= 2) return `${formatTimes(ratio)} ${times}`;
  return `${formatShare(Math.abs(ratio - 1))} ${direction}`;
}

/** The numbers of a change in its own unit: `638 → 4 characters`. */
export function pairWords(change: Change): string {
  return formatPair(change.before, change.after, unitOf(change.signal, isRateChange(change)));
}

/** The whole incident in a sentence that begins with the model: who, what, since when, how much. */
export function incidentSentence(incident: IncidentLine, now: Date): string {
  const since = incident.baselineVersion
    ? `compared with ${incident.baselineVersion}`
    : `since ${formatInstant(new Date(incident.since), now)}`;
  return `${streamName(incident)}: ${changeWords(incident)} ${since}: ${pairWords(incident)}`;
}

const EFFECT_NAMES = {
  cliffs_delta: 'Cliff’s δ',
  rate_difference: 'difference',
  ks_distance: 'KS distance',
} as const;

/** Effect with its interval: `Cliff’s δ −0.99 [−1.00, −0.97]`, or in percentage points. */
export function effectWords({ name, value, low, high }: IncidentLine['effect']): string {
  if (name === 'rate_difference') {
    const points = (share: number) => formatSigned(share * 100).replace(/\.?0+$/, '');
    return `${points(value)} points [${points(low)}, ${points(high)}]`;
  }
  return `${EFFECT_NAMES[name]} ${formatSigned(value)} [${formatSigned(low)}, ${formatSigned(high)}]`;
}

/** The effect for someone who does not know its name. */
export function effectMeaning(change: Change): string {
  const { name, value } = change.effect;
  const words = signalWords(change.signal);
  if (name === 'cliffs_delta') {
    const inTen = formatShare((1 + Math.abs(value)) / 2);
    const noun = value < 0 ? 'lower' : 'higher';
    return `Of one inference from before and one from after, the later one is ${noun} in about ${inTen} of pairs.`;
  }
  if (name === 'ks_distance') {
    return `At its widest gap the two distributions differ by ${formatShare(value)} of inferences.`;
  }
  const unit = unitOf(change.signal, true);
  return `${words.label}: ${formatShort(change.before, unit)} of inferences before, ${formatShort(change.after, unit)} after.`;
}

/** How sure, in words: evidence against what an alarm needs, and how many inferences say so. */
export function evidenceWords({ evidence, samples }: Pick<IncidentLine, 'evidence' | 'samples'>): string {
  return `${formatTimes(evidence)} the evidence an alarm needs, from ${plural(samples.current, 'inference')}`;
}

export const VERDICT_LABELS = {
  regression: 'Regression',
  improvement: 'Improvement',
  change: 'Change',
} as const;

export const STATE_LABELS = { open: 'open', recovering: 'recovering', closed: 'closed' } as const;
