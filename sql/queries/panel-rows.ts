import { z } from 'zod';
import type { Store } from '../client.ts';

const Row = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** One row of a panel, its columns in the order of the query. Instants are texts in UTC. */
export type PanelRowValues = Readonly<z.infer<typeof Row>>;

const SECONDS_MAX = 10;
const MEMORY_BYTES_MAX = 2 ** 30;
/** A thousand points of ten series, with room; what is above is cut. */
export const PANEL_ROWS_MAX = 20_000;

/** Tables that panels read; each has the project that a row belongs to. */
const TABLES = ['rollup_minute', 'rollup_hour', 'findings', 'incidents', 'deliveries', 'silences'] as const;

/**
 * Rows of a panel's query (dashboards/panels, expanded), within bounds of time, memory and rows. Of one project alone, the
 * store itself filters every table that is read, whatever the query says; what belongs to all projects (silences) is seen.
 *
 * @param project empty: all projects
 * @throws AppError if a bound is passed
 */
export async function panelRows(
  store: Store,
  { sql, project }: { sql: string; project: string },
): Promise<PanelRowValues[]> {
  const settings = [
    `max_execution_time = ${SECONDS_MAX}`,
    `max_memory_usage = ${MEMORY_BYTES_MAX}`,
    `max_result_rows = ${PANEL_ROWS_MAX}`,
    `result_overflow_mode = 'break'`,
    'output_format_json_quote_64bit_integers = 0',
    ...(project === '' ? [] : [`additional_table_filters = ${filters(project)}`]),
  ];
  return z.array(Row).parse(await store.rows(`${sql}\nSETTINGS ${settings.join(', ')}`));
}

function filters(project: string): string {
  const condition = `project IN ('', ${literal(project)})`;
  return `{${TABLES.map((table) => `'${table}': ${literal(condition)}`).join(', ')}}`;
}

const literal = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
