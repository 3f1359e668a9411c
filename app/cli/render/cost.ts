import {
  formatCount,
  formatMicroUsd,
  formatNumber,
  formatShare,
  formatShort,
  formatSpan,
} from '../../../core/format.ts';
import { SCORE_PREFIX } from '../../../core/signals.ts';
import type { CheaperModel, CheaperModels } from '../../cost/cheaper-models.ts';
import type { CostReport } from '../../cost/cost-report.ts';
import { minuteText } from './minute.ts';
import { type Cell, renderTable } from './table.ts';
import { paint, type Terminal } from './terminal.ts';

const usd = (value: number): string => formatMicroUsd(value * 1e6);

/** The report in lines: spend, then budgets, capacity and cheaper models; what there is nothing of says so. */
export function renderCost(report: CostReport, terminal: Terminal): string[] {
  const head = (text: string): string => paint(text, 'bold', terminal);
  return [
    head(`Spend, ${minuteText(report.since)} to ${minuteText(report.until)}`),
    ...spendLines(report, terminal),
    '',
    head('Budgets'),
    ...budgetLines(report, terminal),
    '',
    head('Capacity, last 7 days'),
    ...capacityLines(report, terminal),
    ...(report.cheaper === null
      ? []
      : ['', head('Cheaper models, last 7 days'), ...cheaperLines(report.cheaper, terminal)]),
  ];
}

function spendLines({ spend }: CostReport, terminal: Terminal): string[] {
  if (spend.length === 0) return ['No inference in this time.'];
  const total = spend.reduce((sum, part) => sum + part.usd, 0);
  const rows = spend.map((part): Cell[] => [
    { text: nameOf(part) },
    { text: usd(part.usd) },
    { text: total > 0 ? formatShare(part.usd / total) : '–' },
    { text: formatCount(part.inferences) },
    { text: part.usd_per_answer === null ? '–' : usd(part.usd_per_answer) },
    { text: part.answered === null ? '–' : formatShare(part.answered) },
    { text: formatShare(part.priced), ink: part.priced < 1 ? 'yellow' : null },
  ]);
  const heads = ['what', 'spent', 'share', 'calls', 'per answer', 'answered', 'price known'];
  return renderTable({ heads, rows }, terminal);
}

function nameOf({ project, model, version, segment }: CostReport['spend'][number]): string {
  return `${ownerOf(project)}${`${model} ${version}`.trim()}${segment === '' ? '' : ` (${segment})`}`;
}

/** Two projects may have a model of one name. */
const ownerOf = (project: string): string => (project === 'default' ? '' : `${project} / `);

function budgetLines({ budgets }: CostReport, terminal: Terminal): string[] {
  if (budgets.length === 0) return ['None: BUDGETS_FILE names them (docs/cost.md).'];
  const rows = budgets.map((budget): Cell[] => [
    { text: budget.name },
    { text: `${usd(budget.usd)} a ${budget.per}` },
    { text: usd(budget.spent) },
    { text: endText(budget), ink: budget.outcome === 'alarm' ? 'red' : null },
    { text: budget.forecast ? formatShare(budget.forecast.chance_over) : '–' },
    { text: usedUpText(budget) },
  ]);
  const heads = ['budget', 'limit', 'spent', 'at the end [90 %]', 'chance over', 'used up'];
  const notes = budgets.flatMap(({ left_out }) => left_out ?? []);
  return [
    ...renderTable({ heads, rows }, terminal),
    ...notes.map((note) => paint(`${note}.`, 'yellow', terminal)),
  ];
}

type Budget = CostReport['budgets'][number];

function endText({ forecast, spent, outcome, missing, hours_needed: hours }: Budget): string {
  if (forecast) return `${usd(forecast.total)} [${usd(forecast.low)}, ${usd(forecast.high)}]`;
  if (outcome === 'alarm') return `${usd(spent)} at least`;
  return missing === null ? `in ${formatSpan(hours * 3_600_000)} of data` : '–';
}

function usedUpText({ forecast, spent, usd: limit, period_until }: Budget): string {
  if (spent >= limit) return 'already';
  if (!forecast) return '–';
  return forecast.exhausted_at ? minuteText(forecast.exhausted_at) : `after ${minuteText(period_until)}`;
}

function capacityLines({ capacity, capacity_left_out: leftOut }: CostReport, terminal: Terminal): string[] {
  if (capacity.length === 0) return ['No inference in this time.'];
  const rows = capacity.map((line): Cell[] => [
    { text: serverText(line) },
    { text: line.head_room ? formatShare(Math.max(0, 1 - line.head_room.used.value)) : '–' },
    { text: line.head_room ? daysText(line.head_room.daysLeft) : '–' },
    { text: line.knee ? kneeText(line.knee) : 'not reached' },
    { text: formatNumber(line.tokens_per_second_most) },
    { text: formatNumber(line.tokens_per_second) },
    { text: formatNumber(line.concurrency_most) },
    { text: formatShort(line.queue_ms_p95, 'ms') },
    { text: line.utilization === null ? '–' : formatShare(line.utilization) },
  ]);
  const heads = [
    'model',
    'room',
    'lasts',
    'knee, tokens/s [90 %]',
    'tokens/s, most',
    'mean',
    'calls, most',
    'queue p95',
    'busy',
  ];
  const lines = renderTable({ heads, rows }, terminal);
  if (leftOut > 0) lines.push(`${formatCount(leftOut)} models with fewer calls are left out.`);
  return lines;
}

type Line = CostReport['capacity'][number];

function serverText({ project, model, accelerator }: Line): string {
  if (project === '' && model === '') return `all on ${accelerator}`;
  return `${ownerOf(project)}${model}${accelerator === '' ? '' : ` on ${accelerator}`}`;
}

function kneeText({ kneeThroughput: { value, low, high } }: NonNullable<Line['knee']>): string {
  return `${formatNumber(value)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

function daysText({ value, low }: NonNullable<Line['head_room']>['daysLeft']): string {
  if (value !== null) return `${value} d (${low ?? value} at worst)`;
  return low === null ? 'over 90 d' : `over 90 d (${low} at worst)`;
}

function cheaperLines({ pairs, left_out: leftOut }: CheaperModels, terminal: Terminal): string[] {
  if (pairs.length === 0) return ['No two models with a price answered the same segment.'];
  const rows = pairs.map((pair): Cell[] => [
    { text: `${ownerOf(pair.project)}${pair.model}${pair.segment === '' ? '' : ` (${pair.segment})`}` },
    { text: pair.cheaper_model },
    { text: verdictText(pair), ink: pair.verdict === 'served' ? 'green' : null },
    { text: savedText(pair) },
    { text: formatShare(pair.coverage) },
    {
      text:
        pair.compared_by === 'prompts'
          ? `${formatCount(pair.rows.pairs)} same prompts`
          : `${formatCount(pair.rows.cheap)} like prompts`,
    },
  ]);
  const heads = ['instead of', 'model', 'would it have served', 'saved a month [90 %]', 'of its calls', 'by'];
  const lines = renderTable({ heads, rows }, terminal);
  if (pairs.some(({ verdict, judged_by }) => verdict === 'served' && !judged_by.some(isScore)))
    lines.push('Without scores this says that a model answers, and not that its answers are right.');
  if (leftOut > 0) lines.push(`${formatCount(leftOut)} pairs that would save less were not compared.`);
  return lines;
}

const isScore = (signal: string): boolean => signal.startsWith(SCORE_PREFIX);

function verdictText({ verdict, worse_in, rows_needed, judged_by }: CheaperModel): string {
  if (verdict === 'served')
    return judged_by.some(isScore) ? 'yes' : 'yes, by what can be seen without scores';
  if (verdict === 'worse') return `no: worse in ${worse_in.join(', ')}`;
  if (verdict === 'not_cheaper') return 'not cheaper on the same traffic';
  return `not enough data (needs ${formatCount(rows_needed ?? 0)} more)`;
}

function savedText({ verdict, saved_per_month: saved }: CheaperModel): string {
  if (saved === null || verdict === 'worse') return '–';
  return `${usd(saved.value)} [${usd(saved.low)}, ${usd(saved.high)}]`;
}
