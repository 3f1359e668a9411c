import { expect } from 'vitest';
import { readLetters, type StoredLetter } from '../../ingest/log/dead-letters.ts';
import { until } from './form.ts';
import type { Installation } from './installation.ts';

/** How many records of a project the tables have. */
export interface Counts {
  /** Different ids. */
  readonly ids: number;
  /** Rows, deduplicated as every query does it. */
  readonly rows: number;
  readonly minute: number;
  readonly hour: number;
}

const COUNTS = `
  SELECT (SELECT uniqExact(id) FROM inferences FINAL WHERE project = {project: String}) AS ids,
         (SELECT count() FROM inferences FINAL WHERE project = {project: String}) AS rows,
         (SELECT sum(count) FROM rollup_minute FINAL
           WHERE project = {project: String} AND signal = 'inferences' AND segment = '') AS minute,
         (SELECT sum(count) FROM rollup_hour FINAL
           WHERE project = {project: String} AND signal = 'inferences' AND segment = '') AS hour`;

/** What the tables have now. */
export async function countsOf({ store }: Installation, project: string): Promise<Counts> {
  const [row] = await store.rows(COUNTS, { project });
  return Object.fromEntries(
    Object.entries(row as Record<keyof Counts, unknown>).map(([name, value]) => [name, Number(value)]),
  ) as unknown as Counts;
}

/** Waits until the table has what was acknowledged, each once, and then looks at each id. */
export async function expectStoredOnce(
  installation: Installation,
  project: string,
  acknowledged: ReadonlySet<string>,
): Promise<void> {
  const all = acknowledged.size;
  await until(`records of ${project}, of ${all}`, {
    read: () => countsOf(installation, project),
    isDone: ({ ids, rows }) => ids === all && rows === all,
  });
  const { store } = installation;
  const rows = await store.rows('SELECT DISTINCT id FROM inferences WHERE project = {project: String}', {
    project,
  });
  const stored = new Set(rows.map((row) => (row as { id: string }).id));
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  // Not FINAL: copies that are not merged yet must agree too, or no merge would make them one.
  const apart = await store.rows(
    `SELECT id, uniqExact(timestamp) AS timestamps FROM inferences WHERE project = {project: String}
      GROUP BY id HAVING timestamps > 1 LIMIT 10`,
    { project },
  );
  expect(apart).toEqual([]);
}

/** Waits until table and rollups count a project's records alike, `all` of them. */
export async function expectRolledUp(
  installation: Installation,
  project: string,
  all: number,
): Promise<Counts> {
  const wanted: Counts = { ids: all, rows: all, minute: all, hour: all };
  return until(`records of ${project} in the rollups, of ${all}`, {
    read: () => countsOf(installation, project),
    isDone: (now) => JSON.stringify(now) === JSON.stringify(wanted),
  });
}

/** The dead letters of a project, once there are that many. */
export async function lettersOf(
  { kafka, names }: Installation,
  { project, count }: { project: string; count: number },
): Promise<StoredLetter[]> {
  return until(`dead letters of ${project}, of ${count}`, {
    read: async () =>
      (await readLetters(kafka, names.deadLetters)).filter((letter) => textOf(letter).includes(project)),
    isDone: (letters) => letters.length >= count,
  });
}

/** The bytes of a letter, a character each. */
export const textOf = ({ bytes }: StoredLetter): string => Buffer.from(bytes).toString('latin1');
