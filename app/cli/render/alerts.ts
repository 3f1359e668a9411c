import type { ListedIncident, ListedSilence } from '../../alerting/desk.ts';
import { minuteText } from './minute.ts';
import { type Cell, renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Silences as a table in lines, in the order given. */
export function renderSilences(silences: readonly ListedSilence[], terminal: Terminal): string[] {
  const heads = ['matches', 'until', 'from', 'by', 'project', 'comment', 'id'];
  const rows = silences.map(({ matchers, starts_at, ends_at, author, project, comment, id }): Cell[] => [
    { text: matchers.join(', ') },
    { text: minuteText(ends_at) },
    { text: minuteText(starts_at) },
    { text: author },
    { text: project === '' ? '* (all)' : project },
    { text: comment === '' ? '–' : comment },
    { text: id },
  ]);
  return renderTable({ heads, rows }, terminal);
}

const INKS = { critical: 'red', warning: 'yellow' } as const;

/** Incidents as a table in lines, in the order given. */
export function renderIncidentList(incidents: readonly ListedIncident[], terminal: Terminal): string[] {
  const heads = ['severity', 'what', 'since', 'state', 'taken on by', 'id'];
  const rows = incidents.map((incident): Cell[] => [
    { text: incident.severity, ink: INKS[incident.severity as keyof typeof INKS] ?? null },
    { text: incident.title },
    { text: minuteText(incident.since) },
    { text: stateOf(incident) },
    { text: incident.acknowledged_by ?? '–' },
    { text: incident.id },
  ]);
  return renderTable({ heads, rows }, terminal);
}

const CONDITIONS: Readonly<Record<string, string>> = {
  not_enough_data: 'too few inferences to judge',
  no_data: 'no inferences',
  error: 'not judged',
};

function stateOf({ state, condition }: ListedIncident): string {
  const blind = state === 'closed' ? undefined : CONDITIONS[condition];
  return blind === undefined ? state : `${state} (${blind})`;
}
