import type { Family } from '../../../core/finding.ts';
import { formatShare, formatShort } from '../../../core/format.ts';
import type { Change } from '../../../core/incident-words.ts';
import { signalWords } from '../../../core/signal-words.ts';
import { SCORE_PREFIX, signalSpec } from '../../../core/signals.ts';

/** Families in order of display with their headings. */
export const FAMILY_LABELS: readonly (readonly [Family, string])[] = [
  ['degradation', 'Degradation'],
  ['drift', 'Drift'],
  ['bias', 'Bias'],
  ['cost', 'Cost and capacity'],
];

/** Family and meaning of a signal; a name from a later version is shown under drift, without a meaning. */
export function familyOf(signal: string): { readonly family: Family; readonly meaning: string } {
  try {
    return signalSpec(signal);
  } catch {
    return { family: 'drift', meaning: '' };
  }
}

/** The effect for someone who does not know its name. */
export function effectMeaning(change: Change): string {
  const { name, value } = change.effect;
  if (name === 'cliffs_delta') {
    const share = formatShare((1 + Math.abs(value)) / 2);
    const noun = value < 0 ? 'lower' : 'higher';
    if (change.detector === 'disparity')
      return `Take one inference of the group and one of the rest, like with like: the group’s is ${noun} in about ${share} of pairs.`;
    return `Take one inference from before and one from after: the later one is ${noun} in about ${share} of pairs.`;
  }
  if (change.detector === 'disparity') {
    const what = signalWords(change.signal).label;
    return `${what}: ${formatShort(change.after, 'share')} of the group, ${formatShort(change.before, 'share')} of the rest, like with like.`;
  }
  if (name === 'ks_distance') {
    return `At their widest gap the two distributions differ by ${formatShare(value)} of inferences.`;
  }
  const { label } = signalWords(change.signal);
  const subject = change.signal.startsWith(SCORE_PREFIX) ? `${label} is 1` : label;
  return `${subject}: ${formatShort(change.before, 'share')} of inferences before, ${formatShort(change.after, 'share')} after.`;
}
