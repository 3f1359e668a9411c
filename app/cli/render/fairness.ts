import type { Verdict } from '../../../core/finding.ts';
import {
  formatCount,
  formatPoints,
  formatRatio,
  formatShare,
  formatSigned,
  formatValue,
  plural,
} from '../../../core/format.ts';
import { unitOf } from '../../../core/incident-words.ts';
import { signalWords } from '../../../core/signal-words.ts';
import type { DisparityLine, FairnessReport } from '../../fairness/report.ts';
import { VERDICT_INKS } from './incident.ts';
import { type Cell, renderTable } from './table.ts';
import { paint, type Terminal, wrap } from './terminal.ts';

/** The report in lines: for each stream its disparities first; what shows none is cut where it is long. */
export function renderFairness(report: FairnessReport, terminal: Terminal): string[] {
  const all = report.streams.flatMap(({ disparities }) => disparities);
  const found = all.filter(({ outcome }) => outcome === 'disparity').length;
  const few = all.filter(({ outcome }) => outcome === 'not_enough_data').length;
  const label = found > 0 ? `${plural(found, 'disparity').replace(/ys$/, 'ies')}` : 'No disparity shown';
  return [
    paint(label, ['bold', found > 0 ? 'red' : 'green'], terminal),
    ...wrap(`Matched by ${report.matched_by.join(', ')}.`, terminal.columns),
    ...report.streams.flatMap((stream) => streamLines(stream, report, terminal)),
    '',
    ...wrap(
      all.length === 0
        ? 'No inference has a group: send "groups" with them (docs/fairness.md).'
        : `${plural(all.length - few, 'comparison')} of a group with the rest; ${formatCount(few)} with not enough data.`,
      terminal.columns,
    ),
  ];
}

type Stream = FairnessReport['streams'][number];

/** Lines of one outcome other than a disparity. */
const SHOWN_MAX = 12;

function streamLines(stream: Stream, { odds }: FairnessReport, terminal: Terminal): string[] {
  const of = (outcome: DisparityLine['outcome']) =>
    stream.disparities.filter((line) => line.outcome === outcome);
  const [quiet, few] = [of('none_shown'), of('not_enough_data')];
  const shown = [...of('disparity'), ...quiet.slice(0, SHOWN_MAX), ...few.slice(0, SHOWN_MAX)];
  const cut = stream.disparities.length - shown.length;
  const name = `${stream.project === 'default' ? '' : `${stream.project} / `}${`${stream.model} ${stream.version}`.trim()}`;
  return [
    '',
    paint(name, 'bold', terminal),
    ...renderTable({ heads: HEADS, rows: shown.map(rowOf) }, terminal),
    ...(cut > 0 ? [`${formatCount(cut)} more that show none or have too few: --json has them all.`] : []),
    ...(stream.unmatched > 0
      ? [`${formatShare(stream.unmatched)} of the inferences are in smaller strata, compared as one.`]
      : []),
    ...(odds && stream.odds_lack ? wrap(LACKS[stream.odds_lack](odds), terminal.columns) : []),
  ];
}

const LACKS: Readonly<
  Record<NonNullable<Stream['odds_lack']>, (odds: NonNullable<FairnessReport['odds']>) => string>
> = {
  prediction: ({ prediction }) => `No equalised odds: no inference with a group has ${prediction}.`,
  labels: ({ label }) =>
    `No equalised odds: no inference has the label ${label} as 1 or 0, true or false, yes or no; attribute.NAME=VALUE names another yes.`,
  rate: ({ prediction }) => `No equalised odds: ${prediction} has other values than 0 and 1.`,
};

const HEADS = [
  'group',
  'what',
  'says',
  'group, rest',
  'difference [95 %]',
  'four fifths [95 %]',
  'rows',
] as const;

function rowOf(line: DisparityLine): readonly Cell[] {
  const { attribute, value, signal, outcome, verdict, rows } = line;
  const ink = outcome === 'not_enough_data' ? 'dim' : verdict ? VERDICT_INKS[verdict] : null;
  const unit = unitOf(signal, line.difference !== null);
  const sides = `${formatValue(line.group, unit)}, ${formatValue(line.rest, unit)}`;
  return [
    { text: `${attribute}=${value}`, ink },
    { text: signalWords(signal).label, ink },
    { text: saysOf(line), ink },
    { text: line.group === null ? '–' : sides },
    { text: gapText(line) },
    { text: fourFifthsText(line.four_fifths) },
    { text: `${formatCount(rows.group)}, ${formatCount(rows.rest)}` },
  ];
}

function saysOf({ outcome, verdict, rows_needed }: DisparityLine): string {
  if (outcome === 'not_enough_data') return `needs ${formatCount(rows_needed ?? 0)} more`;
  return verdict ? WORDS[verdict] : 'none shown';
}

function gapText({ difference, cliffs_delta: delta }: DisparityLine): string {
  if (difference) return interval(formatPoints, difference);
  return delta ? `δ ${interval(formatSigned, delta)}` : '–';
}

function fourFifthsText(ratio: DisparityLine['four_fifths']): string {
  if (!ratio) return '–';
  const of = ratio.of === 'absence' ? ' of its absence' : '';
  return `${interval(formatRatio, ratio)}${of}${ratio.is_beyond ? ', beyond' : ''}`;
}

type Limits = { readonly value: number; readonly low: number | null; readonly high: number | null };

const interval = (text: (value: number) => string, { value, low, high }: Limits): string =>
  `${text(value)} [${low === null ? '–' : text(low)}, ${high === null ? '–' : text(high)}]`;

const WORDS: Readonly<Record<Verdict, string>> = {
  regression: 'worse off',
  improvement: 'better off',
  change: 'different',
};
