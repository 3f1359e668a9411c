import { CHANCE_OVER_MIN } from '../../../analyzers/cost/budget-finding.ts';
import { formatCount, formatMicroUsd, formatNumber, formatShare, formatSpan } from '../../../core/format.ts';
import type { CostReport } from '../../cost/cost-report.ts';
import { minuteText } from './minute.ts';
import { type Cell, renderTable } from './table.ts';
import { paint, type Terminal } from './terminal.ts';

const usd = (value: number): string => formatMicroUsd(value * 1e6);

/** The report in lines: spend, then budgets, then capacity; what there is nothing of says so. */
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
  const owner = project === 'default' ? '' : `${project} / `;
  return `${owner}${`${model} ${version}`.trim()}${segment === '' ? '' : ` (${segment})`}`;
}

function budgetLines({ budgets }: CostReport, terminal: Terminal): string[] {
  if (budgets.length === 0) return ['None: BUDGETS_FILE names them (docs/cost.md).'];
  const rows = budgets.map(
    ({ name, usd: limit, per, spent, forecast, hours_needed, period_until }): Cell[] => {
      const isOver = forecast !== null && forecast.chance_over >= CHANCE_OVER_MIN;
      const end = forecast
        ? `${usd(forecast.total)} [${usd(forecast.low)}, ${usd(forecast.high)}]`
        : `in ${formatSpan(hours_needed * 3_600_000)} of data`;
      return [
        { text: name },
        { text: `${usd(limit)} a ${per}` },
        { text: usd(spent) },
        { text: end, ink: isOver ? 'red' : null },
        { text: forecast ? formatShare(forecast.chance_over) : '–' },
        {
          text: forecast?.exhausted_at
            ? minuteText(forecast.exhausted_at)
            : `after ${minuteText(period_until)}`,
        },
      ];
    },
  );
  const heads = ['budget', 'limit', 'spent', 'at the end [90 %]', 'chance over', 'used up'];
  return renderTable({ heads, rows }, terminal);
}

function capacityLines({ capacity }: CostReport, terminal: Terminal): string[] {
  if (capacity.length === 0) return ['No inference in this time.'];
  const rows = capacity.map(({ model, accelerator, knee, head_room, ...line }): Cell[] => [
    { text: accelerator === '' ? model : `${model} on ${accelerator}` },
    { text: formatNumber(line.tokens_per_second_most) },
    { text: formatNumber(line.concurrency_most) },
    { text: line.utilization === null ? '–' : formatShare(line.utilization) },
    { text: knee ? kneeText(knee) : 'not reached' },
    { text: head_room ? formatShare(Math.max(0, 1 - head_room.used.value)) : '–' },
    { text: head_room ? daysText(head_room.daysLeft) : '–' },
  ]);
  const heads = ['model', 'tokens/s, most', 'calls, most', 'busy', 'knee, tokens/s [90 %]', 'room', 'lasts'];
  return renderTable({ heads, rows }, terminal);
}

type Line = CostReport['capacity'][number];

function kneeText({ kneeThroughput: { value, low, high } }: NonNullable<Line['knee']>): string {
  return `${formatNumber(value)} [${formatNumber(low)}, ${formatNumber(high)}]`;
}

function daysText({ value, low }: NonNullable<Line['head_room']>['daysLeft']): string {
  if (value !== null) return `${value} d (${low ?? value} at worst)`;
  return low === null ? 'over 90 d' : `over 90 d (${low} at worst)`;
}
