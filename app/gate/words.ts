import { formatPair, formatShare, formatSigned } from '../../core/format.ts';
import { unitOf } from '../../core/incident-words.ts';
import { signalWords } from '../../core/signal-words.ts';
import type { ChangeLine, GateAnswer, GuardedLine } from './answer.ts';
import type { CanaryAnswer } from './canary-answer.ts';

/** What the report calls a verdict. */
export const VERDICT_WORDS = {
  better: 'BETTER',
  same: 'SAME',
  worse: 'WORSE',
  not_enough_data: 'NOT ENOUGH DATA',
} as const;

/** Of a canary's signals, with the cells of canaryCells. */
export const CANARY_HEADS = ['signal', 'matches', 'worse by margins', 'evidence it is not', 'evidence it is'];

/** A canary's signal, for a table. */
export const canaryCells = (one: CanaryAnswer['signals'][number]): string[] => [
  labelOf(one.signal),
  String(one.matches),
  one.regression.toFixed(2),
  one.evidence_not_worse.toPrecision(2),
  one.evidence_worse.toPrecision(2),
];

/** The verdict in one sentence. */
export function verdictSentence({ verdict, rows_needed, pairs, guarded }: GateAnswer): string {
  const names = (wanted: GuardedLine['verdict']): string =>
    guarded
      .filter((one) => one.verdict === wanted)
      .map(({ signal }) => labelOf(signal))
      .join(', ');
  if (verdict === 'worse') return `Got worse: ${names('worse')}.`;
  if (verdict === 'better') return `Nothing got worse by its margin, and better got: ${names('better')}.`;
  if (verdict === 'same') return `Of ${guarded.length} guarded signals none got worse by its margin.`;
  if (guarded.length === 0) return 'There is no signal that could be guarded on both sides.';
  const what = pairs > 0 ? 'more pairs' : 'more inferences on each side';
  const open = guarded.filter((one) => one.verdict === 'not_enough_data');
  const needs = rows_needed === null ? open.flatMap(obstacleWords) : [`Needs about ${rows_needed} ${what}.`];
  return [`Not shown yet: ${names('not_enough_data')}.`, ...needs].join(' ');
}

/** Why more rows do not help, and what does. */
function obstacleWords({ signal, obstacle }: GuardedLine): string[] {
  const mend = `give a difference, such as ${signal}=0.01`;
  if (obstacle === 'margin_of_zero')
    return [`${labelOf(signal)}: no number of rows shows a margin of 0; ${mend}.`];
  if (obstacle === 'share_of_zero')
    return [`${labelOf(signal)}: the baseline is 0, and a share of it is none; ${mend}.`];
  return [];
}

/** Why a signal has no guard; in a canary by what came before it and in its first matches. */
export const UNGUARDED = { too_few_rows: 'too few rows', no_baseline: 'none in the baseline' } as const;
export const UNGUARDED_IN_CANARY = {
  too_few_rows: 'too few values before the start',
  no_values: 'no values in the first 100 matches',
} as const;

/** Signals that nobody guarded, each reason once; empty where there are none. */
export function unguardedWords<Reason extends string>(
  { unguarded }: { unguarded: readonly { readonly signal: string; readonly reason: Reason }[] },
  reasons: Readonly<Record<Reason, string>>,
): string {
  const parts = Object.entries<string>(reasons).flatMap(([reason, words]) => {
    const names = unguarded.filter((one) => one.reason === reason).map(({ signal }) => labelOf(signal));
    return names.length === 0 ? [] : [`${names.join(', ')} (${words})`];
  });
  return parts.length === 0 ? '' : `Not guarded: ${parts.join('; ')}.`;
}

/** What of the sides was not read; empty where all was. */
export const leftOutWords = ({ rows }: GateAnswer): string =>
  rows.left_out > 0 ? `; ${rows.left_out} beyond the bound left out` : '';

export const labelOf = (signal: string): string => signalWords(signal).label;

/** `1.2 % → 3.4 %`, in the signal's unit. */
export function pairWords({ signal, is_rate, before, after }: GuardedLine): string {
  return before === null || after === null ? '–' : formatPair(before, after, unitOf(signal, is_rate));
}

/** `+0.8 pp [−0.2, +1.9]`: the difference with its one-sided limits. */
export function effectWords({ effect, is_rate, margin }: GuardedLine): string {
  if (!effect) return '–';
  const isRate = is_rate && margin.kind === 'difference';
  const say = (value: number | null): string =>
    value === null ? '∞' : amount(value, { isShare: isRate || margin.kind === 'ratio', isRate });
  return `${say(effect.value)} [${say(effect.low)}, ${say(effect.high)}]`;
}

/** `±` is not said: a margin is one-sided. */
export function marginWords({ margin, is_rate }: GuardedLine): string {
  return margin.kind === 'ratio'
    ? formatShare(margin.value)
    : amount(margin.value, { isShare: is_rate, isRate: is_rate }).replace('+', '');
}

function amount(value: number, { isShare, isRate }: { isShare: boolean; isRate: boolean }): string {
  if (!isShare) return formatSigned(Number(value.toPrecision(3)));
  const percent = formatSigned(Number((100 * value).toPrecision(3)));
  return isRate ? `${percent} pp` : `${percent} %`;
}

/** What else differs, in words without markup. */
export function changeWords(change: ChangeLine): string {
  const { signal, verdict, direction, segment, before, after, shares } = change;
  const where = segment === '' ? '' : ` of ${segment}`;
  const how = direction === 'shape' || direction === 'mix' ? ` of ${direction}` : '';
  const [first] = shares;
  if (first)
    return `${labelOf(signal)}, ${verdict ?? 'change'} of mix: ${first.category} ${formatPair(first.before, first.after, 'share')}`;
  const isRate = detectorSaysRates(change);
  const pair =
    before === null || after === null ? '' : `: ${formatPair(before, after, unitOf(signal, isRate))}`;
  return `${labelOf(signal)}${where}, ${verdict ?? 'change'}${how}${pair}`;
}

/** What a group gets of a rate is a share. */
const detectorSaysRates = ({ detector, effect }: ChangeLine): boolean =>
  detector === 'disparity' && effect?.name !== 'cliffs_delta';
