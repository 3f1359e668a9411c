import type { TimelineResult } from '../../../alerts/rules/run-timeline.ts';
import { formatDuration } from './duration.ts';
import { type Cell, renderTable } from './table.ts';
import { paint, plain, type Terminal } from './terminal.ts';

interface Played {
  readonly file: string;
  readonly name: string;
  readonly ok: boolean;
  readonly steps: readonly TimelineResult[];
}

/** A timeline in lines: one that is as expected in one, another with every step, and what differs. */
export function renderTimeline({ file, name, ok, steps }: Played, terminal: Terminal): string[] {
  const mark = ok ? paint('ok  ', 'green', terminal) : paint('FAIL', 'red', terminal);
  const head = `${mark}  ${plain(`${file}: ${name}`, terminal)}`;
  if (ok) return [head];
  const heads = ['at', 'state', 'reason', 'severity', 'sent', 'differs'];
  return [head, ...renderTable({ heads, rows: steps.map(row) }, terminal).map((line) => `      ${line}`)];
}

function row({ atMs, state, reason, severity, sent, misses }: TimelineResult): Cell[] {
  return [
    { text: formatDuration(atMs) },
    { text: state },
    { text: reason },
    { text: severity ?? '' },
    { text: [...new Set(sent.map(({ kind }) => kind))].join(', ') },
    { text: misses.join('; '), ink: 'red' },
  ];
}
