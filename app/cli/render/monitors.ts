import { WINDOWS_MAX } from '../../../analyzers/power/outlook.ts';
import type { StreamKey } from '../../../core/finding.ts';
import { formatNumber, formatShare, formatSpan } from '../../../core/format.ts';
import type { Monitor } from '../../../core/monitor.ts';
import type { Explained, Unknown } from '../../monitors/explained.ts';
import type { MonitorLine } from '../../monitors/plan.ts';
import { type Cell, renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Monitors as a table in lines, in the order in which they are asked. */
export function renderMonitors(lines: readonly MonitorLine[], terminal: Terminal): string[] {
  const heads = ['monitor', 'streams', 'signals', 'budget', 'false pages', 'watches', 'segments', 'baseline'];
  const rows = lines.map(({ monitor, streams, signals, share, ...line }): Cell[] => [
    { text: monitor.name, ink: monitor.isOn ? null : 'dim' },
    { text: monitor.isOn ? String(streams) : 'off' },
    { text: String(signals) },
    { text: formatShare(share) },
    { text: falsePagesText(line) },
    { text: watchedText(monitor) },
    { text: typeof monitor.segments === 'string' ? monitor.segments : monitor.segments.join(', ') },
    { text: monitor.baseline ?? 'BASELINE' },
  ]);
  return renderTable({ heads, rows }, terminal);
}

function falsePagesText({
  falsePagesPerMonth,
  windowsPerFalsePage,
}: Pick<MonitorLine, 'falsePagesPerMonth' | 'windowsPerFalsePage'>): string {
  if (falsePagesPerMonth !== null) return `${formatNumber(falsePagesPerMonth)} a month`;
  return windowsPerFalsePage === null
    ? '–'
    : `1 in ${formatNumber(windowsPerFalsePage)} windows of each stream`;
}

function watchedText({ signals, families }: Monitor): string {
  const parts = [signals.join(', '), families.length > 0 ? `family ${families.join(', ')}` : ''];
  return parts.filter(Boolean).join(' of ') || 'everything';
}

/** What is seen after how long, as a table in lines. */
export function renderExplained(explained: readonly Explained[], terminal: Terminal): string[] {
  const heads = [
    'signal',
    'change',
    'seen after',
    'rows',
    'rows a window',
    'one look needs',
    'budget',
    'stream',
  ];
  const rows = explained.map((one): Cell[] => [
    { text: one.signal },
    { text: changeText(one) },
    { text: seenText(one), ink: one.windows === null ? 'dim' : null },
    { text: one.rows === null ? '' : formatNumber(one.rows) },
    { text: formatNumber(one.rowsPerWindow) },
    { text: one.rowsOfOneLook === null ? '' : formatNumber(one.rowsOfOneLook) },
    { text: formatShare(one.share) },
    { text: streamText(one.stream) },
  ]);
  return renderTable({ heads, rows }, terminal);
}

function changeText({ change, of }: Explained): string {
  const size = formatNumber(Math.abs(change) * 100);
  const signed = `${change > 0 ? '+' : '−'}${size}`;
  switch (of) {
    case 'rate':
      return `${signed} points`;
    case 'number':
      return `${signed} %`;
    case 'new':
      return `${size} % of a new one`;
    case 'commonest':
      return `${signed} points of the commonest`;
    case 'outside':
      return `${size} % outside the usual topics`;
    case 'gap':
      return `${signed} % against the rest`;
  }
}

const UNKNOWN: Readonly<Record<Unknown, string>> = {
  no_baseline: 'no baseline yet',
  no_budget: 'never: no part of the budget',
  no_rows: 'no inferences of late',
  no_group: 'no group yet',
  no_event: 'no such event yet',
  labels: 'depends on the labels to come',
};

function seenText({ unknown, windows, spanMs }: Explained): string {
  if (unknown !== null) return UNKNOWN[unknown];
  if (windows === null) return `not within ${WINDOWS_MAX} windows`;
  const count = windows === 1 ? '1 window' : `${windows} windows`;
  return spanMs === null ? count : `${count} (${formatSpan(spanMs)})`;
}

const streamText = ({ project, model, version, segment }: StreamKey): string =>
  [project, model, version, segment].filter(Boolean).join(' · ');
