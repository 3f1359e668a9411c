import type { GateAnswer } from '../../gate/answer.ts';
import type { CanaryAnswer } from '../../gate/canary-answer.ts';
import {
  CANARY_HEADS,
  canaryCells,
  changeWords,
  effectWords,
  labelOf,
  leftOutWords,
  marginWords,
  pairWords,
  UNGUARDED,
  UNGUARDED_IN_CANARY,
  unguardedWords,
  VERDICT_WORDS,
  verdictSentence,
} from '../../gate/words.ts';
import { renderTable } from './table.ts';
import { type Ink, paint, plain, type Terminal, wrap } from './terminal.ts';

const INKS: Readonly<Record<GateAnswer['verdict'], Ink>> = {
  better: 'green',
  same: 'green',
  worse: 'red',
  not_enough_data: 'yellow',
};

const HEADS = ['signal', 'verdict', 'baseline → candidate', 'difference [limits]', 'margin', 'rows needed'];

/** The report of a gate: the verdict, the guarded signals, and what else changed. */
export function renderGateReport(answer: GateAnswer, terminal: Terminal): string {
  const say = (text: string): string[] => wrap(plain(text, terminal), terminal.columns);
  const rows = answer.guarded.map((one) => [
    { text: labelOf(one.signal), ink: INKS[one.verdict] },
    { text: VERDICT_WORDS[one.verdict].toLowerCase(), ink: INKS[one.verdict] },
    { text: pairWords(one) },
    { text: effectWords(one) },
    { text: marginWords(one) },
    { text: one.rows_needed === null ? '–' : String(one.rows_needed) },
  ]);
  const { baseline, candidate } = answer.rows;
  const matched = answer.pairs > 0 ? `${answer.pairs} pairs` : 'unpaired';
  const lines = [
    paint(VERDICT_WORDS[answer.verdict], ['bold', INKS[answer.verdict]], terminal),
    ...say(verdictSentence(answer)),
    ...(rows.length > 0 ? ['', ...renderTable({ heads: HEADS, rows }, terminal)] : []),
    '',
    ...say(`${baseline} inferences against ${candidate}, ${matched}${leftOutWords(answer)}.`),
    ...(answer.unguarded.length > 0 ? say(unguardedWords(answer, UNGUARDED)) : []),
    ...answer.changes.flatMap((change) => say(`Also changed: ${changeWords(change)}`)),
  ];
  return `${lines.join('\n')}\n`;
}

/** Where a canary stands, in a line for each signal. */
export function renderCanary(answer: CanaryAnswer, terminal: Terminal): string {
  const rows = answer.signals.map((one) => canaryCells(one).map((text) => ({ text })));
  const state = answer.is_warming_up
    ? 'CONTINUE (warming up)'
    : answer.state.toUpperCase().replaceAll('_', ' ');
  const table = rows.length > 0 ? renderTable({ heads: CANARY_HEADS, rows }, terminal) : [];
  const unguarded = unguardedWords(answer, UNGUARDED_IN_CANARY);
  const left = unguarded === '' ? [] : wrap(plain(unguarded, terminal), terminal.columns);
  return `${[paint(state, 'bold', terminal), ...table, ...left].join('\n')}\n`;
}
