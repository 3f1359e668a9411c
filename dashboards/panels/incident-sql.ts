import type { PanelColumn } from './panel.ts';
import { CHOSEN } from './rollup-sql.ts';

/** What a person is shown: pending and dropped ones are nobody's. */
export const SHOWN = `state IN ('open', 'recovering', 'closed')`;

/** Open now; a change that another incident speaks for is counted once. */
export const UNCLOSED = `state IN ('open', 'recovering') AND muted_by = ''`;

/** Open at some moment of the range. */
export const OPEN_IN_RANGE = `opened_at <= $__toTime AND (closed_at IS NULL OR closed_at >= $__fromTime)`;

/** How urgent, as a number that rises: 1 info, 2 warning, 3 critical. */
export const SEVERITY_NUMBER = `multiIf(severity = 'critical', 3, severity = 'warning', 2, 1)`;

/** The incident's own name where it has one. */
export const TITLE = `if(title = '', concat(signal, ' of ', model), title)`;

/** What a table of incidents begins with, */
export const IDENTITY = `severity, ${TITLE} AS incident, project, model, version, segment, verdict, state`;

/** and how that is shown. */
export const IDENTITY_COLUMNS: readonly PanelColumn[] = [
  { name: 'severity', title: 'Severity', unit: 'text' },
  { name: 'incident', title: 'Incident', unit: 'text', link: 'incident' },
  { name: 'project', title: 'Project', unit: 'text' },
  { name: 'model', title: 'Model', unit: 'text', link: 'stream' },
  { name: 'version', title: 'Version', unit: 'text' },
  { name: 'segment', title: 'Segment', unit: 'text' },
  { name: 'verdict', title: 'Verdict', unit: 'text' },
  { name: 'state', title: 'State', unit: 'text' },
];

/** Of incidents, what the reader chose. */
export const incidents = (columns: string, where: string): string =>
  `SELECT ${columns} FROM incidents FINAL WHERE ${where} AND ${CHOSEN}`;
