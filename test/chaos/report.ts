import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';

/** What was seen in a scenario. */
export interface Seen {
  readonly scenario: string;
  readonly kills: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** Counted in `rollup_minute` and in `rollup_hour`. */
  readonly minute: number;
  readonly hour: number;
  readonly poison: number;
  readonly letters: number;
  /** Longest time in which nothing was acknowledged. */
  readonly longestOutageMs: number;
  readonly seconds: number;
  /** Of these, the last ones, in which nothing was done to it any more. */
  readonly settling: number;
  /** What else there is to say. */
  readonly notes: string;
}

const HEADS = [
  'scenario',
  'kills',
  'acknowledged',
  'stored',
  'minute rollup',
  'hour rollup',
  'poison sent',
  'dead letters',
  'longest outage',
  'seconds',
  'of them settling',
  'notes',
];

/** Collects what was seen; printed as it comes, and as a table in .reports/chaos.md. */
export function createReport(title: string): { add(seen: Seen): void } {
  const rows: string[][] = [];
  return {
    add(seen) {
      const { scenario, kills, acknowledged, stored, minute, hour, poison, letters, notes } = seen;
      const cells = [
        scenario,
        ...[kills, acknowledged, stored, minute, hour, poison, letters].map(String),
        `${(seen.longestOutageMs / 1_000).toFixed(1)} s`,
        seen.seconds.toFixed(0),
        seen.settling.toFixed(0),
        notes,
      ];
      rows.push(cells);
      console.log(HEADS.map((head, at) => `${head}: ${cells[at]}`).join(', '));
      const folder = join(packageRoot, '.reports');
      mkdirSync(folder, { recursive: true });
      const table = [HEADS, HEADS.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
      writeFileSync(join(folder, 'chaos.md'), `${title}\n\n${table.join('\n')}\n`);
    },
  };
}
