import type { Finding } from '../../../core/finding.ts';
import { formatCount, formatPair, formatTimes, plural } from '../../../core/format.ts';
import {
  effectWords,
  isRateChange,
  streamName,
  unitOf,
  VERDICT_LABELS,
} from '../../../core/incident-words.ts';
import { signalWords } from '../../../core/signal-words.ts';
import { tinyHistograms } from './histogram.ts';
import { VERDICT_INKS } from './incident.ts';
import { type Cell, renderTable } from './table.ts';
import { type Ink, paint, plain, type Terminal, wrap } from './terminal.ts';

export type CompareVerdict = 'worse' | 'better' | 'changed' | 'same' | 'not_enough_data';

export interface CompareReport {
  readonly verdict: CompareVerdict;
  readonly findings: readonly Finding[];
  /** Null: both sides have the same models. */
  readonly baselineModel: string | null;
}

const VERDICTS: Readonly<Record<CompareVerdict, readonly [label: string, ink: Ink]>> = {
  worse: ['WORSE', 'red'],
  better: ['BETTER', 'green'],
  changed: ['CHANGED', 'yellow'],
  same: ['SAME', 'green'],
  not_enough_data: ['NOT ENOUGH DATA', 'yellow'],
};

/**
 * The report of a comparison: the verdict, then a table for each stream with what differs first.
 *
 * @param names what the two sides are called, baseline first
 */
export function renderCompareReport(
  report: CompareReport,
  names: { readonly baseline: string; readonly current: string },
  terminal: Terminal,
): string {
  const [label, ink] = VERDICTS[report.verdict];
  const sides = wrap(plain(`${names.current} against ${names.baseline}`, terminal), terminal.columns);
  const streams = new Map<string, Finding[]>();
  for (const finding of report.findings) {
    const other = report.baselineModel === null ? '' : ` against ${report.baselineModel}`;
    const name = plain(streamName(finding) + other, terminal);
    streams.set(name, [...(streams.get(name) ?? []), finding]);
  }
  const tables = [...streams].flatMap(([name, findings]) => [
    '',
    paint(name, 'bold', terminal),
    ...renderTable(
      { heads: HEADS, rows: ranked(findings).map((finding) => rowOf(finding, terminal)) },
      terminal,
    ),
  ]);
  const lines = [
    paint(label, ['bold', ink], terminal),
    ...sides,
    ...tables,
    '',
    ...wrap(summaryOf(report), terminal.columns),
  ];
  return `${lines.join('\n')}\n`;
}

/** The later columns go first where the terminal is narrow. */
const HEADS = ['signal', 'says', 'before → after', 'spread', 'evidence', 'effect [interval]'] as const;

function rowOf(finding: Finding, terminal: Terminal): readonly Cell[] {
  const ink = inkOf(finding);
  const unit = unitOf(finding.signal, isRateChange(finding));
  const isKnown = finding.outcome !== 'not_enough_data';
  return [
    { text: signalWords(finding.signal).label, ink },
    { text: saysOf(finding), ink },
    { text: isKnown ? formatPair(finding.before, finding.after, unit) : neededWords(finding.rowsNeeded) },
    { text: finding.histograms ? tinyHistograms(finding.histograms, terminal) : '' },
    { text: isKnown ? formatTimes(finding.evidence) : '–' },
    { text: isKnown && finding.effect ? effectWords(finding.effect) : '–' },
  ];
}

function neededWords(rows: number | null): string {
  return rows === null ? '–' : `${formatCount(rows)} more needed`;
}

function saysOf({ outcome, verdict, direction }: Finding): string {
  if (outcome === 'not_enough_data') return 'too few';
  if (outcome === 'quiet') return 'same';
  const label = VERDICT_LABELS[verdict ?? 'change'].toLowerCase();
  return direction === 'shape' || direction === 'mix' ? `${label} of ${direction}` : label;
}

function inkOf({ outcome, verdict }: Finding): Ink | null {
  if (outcome === 'not_enough_data') return 'dim';
  return outcome === 'alarm' ? VERDICT_INKS[verdict ?? 'change'] : null;
}

const VERDICT_RANKS = ['regression', 'improvement', 'change'];
const OUTCOME_RANKS = ['alarm', 'quiet', 'not_enough_data'];

function ranked(findings: readonly Finding[]): Finding[] {
  const rank = ({ outcome, verdict }: Finding): number =>
    OUTCOME_RANKS.indexOf(outcome) * 10 +
    (outcome === 'alarm' ? VERDICT_RANKS.indexOf(verdict ?? 'change') : 0);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}

function summaryOf({ findings }: CompareReport): string {
  const count = (outcome: Finding['outcome']): number =>
    findings.filter((finding) => finding.outcome === outcome).length;
  const few = count('not_enough_data');
  const compared = `${plural(findings.length - few, 'signal')} compared, ${count('alarm')} differ`;
  return few === 0 ? `${compared}.` : `${compared}; ${few} with not enough data.`;
}
