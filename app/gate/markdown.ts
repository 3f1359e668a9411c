import type { GateAnswer } from './answer.ts';
import {
  changeWords,
  effectWords,
  labelOf,
  leftOutWords,
  marginWords,
  pairWords,
  UNGUARDED,
  unguardedWords,
  VERDICT_WORDS,
  verdictSentence,
} from './words.ts';

const HEAD = [
  '| signal | verdict | baseline → candidate | difference [limits] | may get worse by | rows | needs in all |',
  '| --- | --- | --- | --- | --- | --- | --- |',
];
const VERDICT_RANKS = ['worse', 'not_enough_data', 'better', 'same'];

/** The report for a pull request: the verdict first, then what it rests on. */
export function gateMarkdown(
  answer: GateAnswer,
  names: { readonly baseline: string; readonly candidate: string },
): string {
  const ranked = [...answer.guarded].sort(
    (a, b) => VERDICT_RANKS.indexOf(a.verdict) - VERDICT_RANKS.indexOf(b.verdict),
  );
  const rows = ranked.map((one) =>
    tableRow([
      labelOf(one.signal),
      VERDICT_WORDS[one.verdict].toLowerCase(),
      pairWords(one),
      effectWords(one),
      marginWords(one),
      one.pairs > 0 ? `${one.pairs} pairs` : `${one.samples.baseline} / ${one.samples.candidate}`,
      one.rows_planned === null ? '–' : String(one.rows_planned),
    ]),
  );
  return `${[
    `## Plumbline: ${VERDICT_WORDS[answer.verdict]}`,
    '',
    `${code(names.candidate)} against ${code(names.baseline)}. ${verdictSentence(answer)}`,
    '',
    ...(rows.length > 0 ? [...HEAD, ...rows, ''] : []),
    basis(answer),
    ...section(
      'What else changed',
      answer.changes.map((change) => `- ${escaped(changeWords(change))}`),
    ),
    ...section('Where it shows', answer.examples.flatMap(exampleLines)),
  ].join('\n')}\n`;
}

function basis(answer: GateAnswer): string {
  const { rows, pairs, family_wise, risk_of_passing } = answer;
  const matched = pairs > 0 ? `${pairs} pairs of the same prompt` : 'unpaired';
  const sides = `${rows.baseline} inferences against ${rows.candidate}, ${matched}${leftOutWords(answer)}.`;
  const chances = `Chance of "worse" if nothing differs: at most ${percent(family_wise)}; of passing what is worse by a margin: ${percent(risk_of_passing)}.`;
  return [sides, chances, escaped(unguardedWords(answer, UNGUARDED))].join(' ').trimEnd();
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `### ${title}`, '', ...lines];
}

function exampleLines({ signal, prompt, baseline, candidate }: GateAnswer['examples'][number]): string[] {
  return [
    `<details><summary>${escaped(labelOf(signal))}: ${escaped(baseline.id)} → ${escaped(candidate.id)}</summary>`,
    '',
    ...[
      'Prompt',
      fenced(prompt),
      'Baseline',
      fenced(baseline.response),
      'Candidate',
      fenced(candidate.response),
    ],
    '',
    '</details>',
  ];
}

export const tableRow = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;

/** Names come from outside: none of them is markup. */
export const escaped = (text: string): string =>
  text
    .replace(/[\r\n]+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]|@]/g, (sign) => `\\${sign}`);
export const code = (text: string): string => `\`${text.replace(/[`\r\n]/g, ' ')}\``;

/** A fence that is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `\n${fence}text\n${text}\n${fence}\n`;
}
