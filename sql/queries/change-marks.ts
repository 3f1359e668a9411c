import { z } from 'zod';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';

/** What stands for the state of everything: equal marks mean that nothing has changed. */
export interface ChangeMarks {
  /** Incidents, what was said of them, who took them on, silences. */
  readonly alerts: string;
  /** What was counted of the last two hours of the clock. */
  readonly data: string;
}

const Row = z.object({ alerts: z.string(), data: z.string() });

/** Last revisions; the rollups' primary key keeps their part to two hours. */
const CHANGE_MARKS = `
  SELECT concat(toString((SELECT max(revision) FROM incidents)), ' ', toString((SELECT max(revision) FROM deliveries)), ' ',
                toString((SELECT max(revision) FROM silences)), ' ', toString((SELECT max(revision) FROM acknowledgements))) AS alerts,
         toString((SELECT max(revision) FROM rollup_minute
                    WHERE bucket >= {now: DateTime64(3, 'UTC')} - 7200 AND signal = 'inferences' AND segment = '')) AS data`;

/** The marks now, of all projects: they say that something has changed, and nothing of what. */
export async function changeMarks(store: Store, now: Date): Promise<ChangeMarks> {
  const [row] = z.array(Row).parse(await store.rows(CHANGE_MARKS, { now: toSqlInstant(now) }));
  return row ?? { alerts: '', data: '' };
}
