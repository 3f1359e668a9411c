import { z } from 'zod';
import type { Incident } from '../../core/incident.ts';
import type { Store } from '../client.ts';
import { parseIncident } from './incidents.ts';

const Row = z.object({ body: z.string() });

export interface IncidentListQuery {
  /** Empty: all projects. */
  readonly project: string;
  /** Null: all streams. */
  readonly stream: { readonly model: string; readonly version: string; readonly segment: string } | null;
  readonly state: 'unclosed' | 'all';
  readonly limit: number;
}

const INCIDENT_LIST = `
  SELECT body
    FROM incidents FINAL
   WHERE ({project: String} = '' OR project = {project: String})
     AND ({isAllStreams: UInt8}
          OR (model = {model: String} AND version = {version: String} AND segment = {segment: String}))
     AND state NOT IN ('pending', 'dropped')
     AND ({isAllStates: UInt8} OR state != 'closed')
   ORDER BY state = 'closed', muted_by != '', indexOf(['regression', 'change', 'improvement'], verdict),
            indexOf(['critical', 'warning', 'info'], severity), segment != '', NOT (aspect LIKE 'score:%' OR aspect LIKE 'quality:%'), opened_at DESC, id
   LIMIT {limit: UInt32}`;

/** Incidents that have opened: unclosed ones first, what others speak for last of them, regressions before the rest, the most urgent first, the whole before segments, judgements of quality before what only hints at it, then the last opened first. */
export async function incidentList(store: Store, query: IncidentListQuery): Promise<Incident[]> {
  const { project, stream, state, limit } = query;
  const rows = await store.rows(INCIDENT_LIST, {
    project,
    isAllStreams: stream === null ? 1 : 0,
    model: stream?.model ?? '',
    version: stream?.version ?? '',
    segment: stream?.segment ?? '',
    isAllStates: state === 'all' ? 1 : 0,
    limit,
  });
  return z
    .array(Row)
    .parse(rows)
    .map((row) => parseIncident(row.body));
}

/** One incident by its id; null if there is none in this project. An empty project means any. */
export async function incidentById(
  store: Store,
  { project, id }: { project: string; id: string },
): Promise<Incident | null> {
  const rows = await store.rows(
    `SELECT body FROM incidents FINAL
      WHERE id = {id: String} AND ({project: String} = '' OR project = {project: String}) LIMIT 1`,
    { project, id },
  );
  const [row] = z.array(Row).parse(rows);
  return row ? parseIncident(row.body) : null;
}
