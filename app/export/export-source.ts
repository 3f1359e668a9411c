import { z } from 'zod';
import { Duration } from '../../core/config-values.ts';
import { AppError } from '../../core/errors.ts';
import { FLAG_NAMES, type Flag } from '../../core/flag.ts';
import type { Incident } from '../../core/incident.ts';
import type { Store } from '../../sql/client.ts';
import { exampleInferences } from '../../sql/queries/examples.ts';
import { type ExportId, type ExportQuery, exportIds } from '../../sql/queries/export-ids.ts';
import { incidentById, incidentList } from '../../sql/queries/incident-list.ts';
import { recordsOf, type StoredRecord } from '../../sql/queries/records.ts';
import { type GatePlan, parseGateRequest, planOf } from '../gate/request.ts';
import { exampleQueries } from '../http/views/incident.ts';

const Name = z.string().min(1).max(200);

/** Which inferences are wanted; the conditions of the gate (app/gate/request.ts). */
export const ExportRequest = z.strictObject({
  where: z.record(Name, z.string().max(1_000)).default({}),
  project: Name.optional(),
  since: z.string().max(40).optional(),
  until: z.string().max(40).optional(),
  last: z.string().max(40).optional(),
  /** Of the stream of this incident, since it began. */
  incident: Name.optional(),
  /** Of the conversations. */
  share: z.number().gt(0).max(1).default(1),
  /** Only those that have one of these flags; absent: all. */
  flags: z
    .array(z.enum(FLAG_NAMES as [Flag, ...Flag[]]))
    .min(1)
    .optional(),
  score_below: z.number().default(0.5),
});
export type ExportRequest = z.infer<typeof ExportRequest>;

/** A record as it is stored, and why it was flagged, of what was asked for. */
export interface ExportedRecord {
  readonly record: StoredRecord['record'];
  readonly flags: readonly string[];
}

/** Names looked up at a time, and records held at a time: a record may have megabytes. */
const IDS_MAX = 500;
const RECORDS_MAX = 50;
/** Of the incidents of the time, the unclosed and the latest; and of each, those nearest to what it says. */
const INCIDENTS_MAX = 100;
const EXAMPLES_MAX = 20;

/**
 * The inferences of a request in order of project and id, read as they are taken: at most 50 are held.
 *
 * @throws AppError `invalid_input` or `not_found` at once, before the first is asked for
 */
export async function exportSource(
  store: Store,
  request: ExportRequest,
  now: Date,
): Promise<AsyncGenerator<ExportedRecord>> {
  const incident = request.incident ? await incidentById(store, { project: '', id: request.incident }) : null;
  if (request.incident && !incident) throw new AppError('not_found', 'no incident has this id');
  const plan = exportPlan(request, incident, now);
  const query = { ...plan, where: plan.baseline, stream: incident, share: request.share, limit: IDS_MAX };
  const { flags: names, score_below: scoreBelow } = request;
  if (names === undefined) return recordsIn(store, { ...query, flags: null });
  const examples = names.includes('incident') ? await examplesIn(store, plan) : { projects: [], ids: [] };
  return recordsIn(store, { ...query, flags: { names, scoreBelow, examples } });
}

function exportPlan(request: ExportRequest, incident: Incident | null, now: Date): GatePlan {
  const where = { ...request.where, ...(incident && { model: incident.model }) };
  const conditions = Object.keys(where).length > 0 ? where : { status: 'ok' };
  const given = {
    project: incident?.project ?? request.project,
    last: request.last === undefined ? undefined : checkedDuration(request.last),
    since: request.since ?? incident?.since.toISOString(),
    until: request.until ?? incident?.closedAt?.toISOString(),
  };
  const parsed = parseGateRequest({
    baseline: conditions,
    candidate: conditions,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  });
  return planOf(parsed, { project: '', now });
}

/** The text again: the gate's request reads it itself, and would name a field of its own. */
function checkedDuration(text: string): string {
  const parsed = Duration.safeParse(text);
  if (parsed.success) return text;
  throw new AppError('invalid_input', `last: ${parsed.error.issues[0]?.message}, got ${text}`);
}

/** Inferences that show an incident of the time: of regressions those that the page would show, and more of them. */
async function examplesIn(store: Store, { project, since, until }: GatePlan) {
  const incidents = await incidentList(store, { project, stream: null, state: 'all', limit: INCIDENTS_MAX });
  const projects: string[] = [];
  const ids: string[] = [];
  for (const incident of incidents) {
    const ended = incident.closedAt ?? incident.updatedAt;
    if (incident.verdict !== 'regression' || ended < since || incident.since >= until) continue;
    const { after } = exampleQueries(incident);
    for (const { id } of await exampleInferences(store, { ...after, limit: EXAMPLES_MAX })) {
      projects.push(incident.project);
      ids.push(id);
    }
  }
  return { projects, ids };
}

async function* recordsIn(store: Store, query: Omit<ExportQuery, 'after'>): AsyncGenerator<ExportedRecord> {
  let after: ExportId | null = null;
  for (;;) {
    const page: ExportId[] = await exportIds(store, { ...query, after });
    for (let place = 0; place < page.length; place += RECORDS_MAX)
      yield* recordsNamed(store, page.slice(place, place + RECORDS_MAX));
    after = page.at(-1) ?? null;
    if (after === null || page.length < query.limit) return;
  }
}

async function* recordsNamed(store: Store, names: readonly ExportId[]): AsyncGenerator<ExportedRecord> {
  const found = await recordsOf(store, {
    projects: names.map(({ project }) => project),
    ids: names.map(({ id }) => id),
  });
  const byName = new Map(found.map(({ record }) => [`${record.project}\0${record.id}`, record]));
  for (const { project, id, flags } of names) {
    const record = byName.get(`${project}\0${id}`);
    if (record) yield { record, flags };
  }
}
