import type { RuleSet } from '../../../alerts/rules/rule-set.ts';
import type { AlertRule, BlindPolicy } from '../../../core/alert-rule.ts';
import { formatDuration } from './duration.ts';
import { type Cell, renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Rules as a table in lines, in the order in which they are asked. */
export function renderRules({ rules, receivers }: RuleSet, terminal: Terminal): string[] {
  const heads = ['rule', 'severity', 'for', 'matches', 'tells', 'closes after', 'repeat', 'no data', 'error'];
  const everybody = receivers.length === 0 ? 'nobody' : 'all';
  return renderTable({ heads, rows: rules.map((rule) => row(rule, everybody)) }, terminal);
}

function row(rule: AlertRule, everybody: string): Cell[] {
  const { name, severity, receivers } = rule;
  return [
    { text: name },
    severityCell(rule.isOn ? severity : 'off'),
    { text: formatDuration(rule.forMs) },
    { text: matchText(rule) },
    { text: receivers === null ? everybody : receivers.join(', ') || 'nobody' },
    {
      text: `${rule.recoverWindows} windows${rule.keepOpenMs > 0 ? `, ${formatDuration(rule.keepOpenMs)}` : ''}`,
    },
    { text: rule.repeatMs === null ? 'never' : formatDuration(rule.repeatMs) },
    { text: blindText(rule.noData) },
    { text: blindText(rule.error) },
  ];
}

function severityCell(severity: AlertRule['severity'] | 'off'): Cell {
  if (severity === null) return { text: "change's" };
  return { text: severity, ink: severity === 'critical' ? 'red' : severity === 'off' ? 'dim' : null };
}

/** `signal=refusal|empty model=gpt-*`, as silences are written. */
function matchText({ match }: Pick<AlertRule, 'match'>): string {
  const fields = [
    ['family', match.families],
    ['verdict', match.verdicts],
    ['severity', match.severities],
    ['signal', match.signals],
    ['project', match.projects],
    ['model', match.models],
    ['version', match.versions],
    ['segment', match.segments],
  ] as const;
  const words = fields
    .filter(([, values]) => values.length > 0)
    .map(
      ([field, values]) => `${field}=${values.map((value) => (value === '' ? '(whole)' : value)).join('|')}`,
    );
  return words.join(' ') || 'everything';
}

const blindText = ({ policy, afterMs }: BlindPolicy): string =>
  policy === 'hold' ? 'hold' : `${policy} after ${formatDuration(afterMs)}`;
