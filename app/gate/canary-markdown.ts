import type { CanaryAnswer } from './canary-answer.ts';
import { code, escaped, tableRow } from './markdown.ts';
import { CANARY_HEADS, canaryCells, UNGUARDED_IN_CANARY, unguardedWords } from './words.ts';

/** The report of a canary for a pull request or a roll-out: where it stands, and each signal's evidence. */
export function canaryMarkdown(
  answer: CanaryAnswer,
  names: { readonly baseline: string; readonly candidate: string },
): string {
  const { id, state, matches, started_at, seen_until, decided_at } = answer;
  const rows = answer.signals.map((one) => tableRow(canaryCells(one)));
  const unguarded = unguardedWords(answer, UNGUARDED_IN_CANARY);
  return `${[
    `## Plumbline: ${state.toUpperCase().replaceAll('_', ' ')}`,
    '',
    `Canary ${code(id)}: ${code(names.candidate)} against ${code(names.baseline)}, ${matches} matches.`,
    '',
    ...(rows.length > 0
      ? [tableRow(CANARY_HEADS), `|${' --- |'.repeat(CANARY_HEADS.length)}`, ...rows, '']
      : []),
    `Evidence of 1 and above is enough. Began ${started_at}, seen until ${seen_until}${decided_at ? `, decided ${decided_at}` : ''}.`,
    ...(unguarded === '' ? [] : ['', escaped(unguarded)]),
  ].join('\n')}\n`;
}
