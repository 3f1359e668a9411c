import type { Cause, CauseSpan } from '../../../core/cause.ts';
import type { Incident } from '../../../core/incident.ts';
import { incidentTitle, isRateChange } from '../../../core/incident-words.ts';
import { DISPARITY_PREFIX } from '../../../core/signals.ts';
import { incidentLine } from '../../../dashboards/page/answers.ts';
import type { Example, IncidentCause, IncidentDetail } from '../../../dashboards/page/api.ts';
import type { ExampleQuery, ExampleRow } from '../../../sql/queries/examples.ts';
import { exampleText } from '../example-text.ts';
import { deliveryLine } from './pipeline.ts';
import type { ViewReader } from './view-reader.ts';

const EXAMPLES_MAX = 4;
const DELIVERIES_MAX = 100;
const PAIRS_MAX = 3;
/** Examples from before are looked for in this stretch before the change. */
const EXAMPLES_SPAN_MS = 7 * 86_400_000;

/** Why one incident is open. */
export async function incidentDetail(
  reader: ViewReader,
  incident: Incident,
  now: Date,
): Promise<IncidentDetail> {
  const { before, after } = exampleQueries(incident);
  const { project, id, mutedBy } = incident;
  const [beforeRows, afterRows, deliveries, speaker, [cause = null]] = await Promise.all([
    reader.exampleInferences(before),
    reader.exampleInferences(after),
    reader.deliveryList({ project, incidentId: id, isTroubled: false, limit: DELIVERIES_MAX }),
    mutedBy === '' ? null : reader.incidentById({ project, id: mutedBy }),
    reader.causesOf({ project, incidentIds: [id] }),
  ]);
  return {
    now: now.toISOString(),
    incident: incidentLine(incident),
    histograms: incident.histograms,
    deliveries: deliveries.map(deliveryLine),
    runbook: reader.alertSettings().rules.find(({ name }) => name === incident.rule)?.runbook ?? '',
    mutedBy: speaker && { id: speaker.id, title: incidentTitle(speaker) },
    examples: { before: beforeRows.map(toExample), after: afterRows.map(toExample) },
    cause: cause && causeJson(cause),
    pairs: cause ? await pairsOf(reader, incident, cause) : [],
  };
}

function causeJson({ pairs: _, ...cause }: Cause): IncidentCause {
  return JSON.parse(JSON.stringify(cause)) as IncidentCause;
}

/** The texts of inferences that are alike; a pair of which one has expired is left out. */
async function pairsOf(
  reader: ViewReader,
  { project, model, segment, signal }: Incident,
  { pairs, before, after }: Cause,
): Promise<IncidentDetail['pairs']> {
  const side = async ({ version, since, until }: CauseSpan, ids: readonly string[]) => {
    const stream = { project, model, version, segment };
    const query = { stream, signal, target: 0, since, until, limit: PAIRS_MAX, ids };
    const rows = ids.length === 0 ? [] : await reader.exampleInferences(query);
    return new Map(rows.map((row) => [row.id, toExample(row)]));
  };
  const shown = pairs.slice(0, PAIRS_MAX);
  const [old, young] = await Promise.all([
    side(
      before,
      shown.map((pair) => pair.before),
    ),
    side(
      after,
      shown.map((pair) => pair.after),
    ),
  ]);
  return shown.flatMap(({ by, ...ids }) => {
    const [one, other] = [old.get(ids.before), young.get(ids.after)];
    return one && other ? [{ by, before: one, after: other }] : [];
  });
}

/** Typical inferences of each side, of a disparity the rest and the group in the same stretch; of a rate that rose, those without before and those with it after. */
export function exampleQueries(incident: Incident): { before: ExampleQuery; after: ExampleQuery } {
  const { project, model, segment, signal, since, baselineVersion } = incident;
  const isRate = isRateChange(incident);
  const [withIt, without] = incident.direction === 'down' ? [0, 1] : [1, 0];
  const isDisparity = incident.detector === 'disparity';
  const shared = {
    signal: signal.slice(isDisparity ? DISPARITY_PREFIX.length : 0),
    category: incident.shares?.[0]?.category ?? '',
    limit: EXAMPLES_MAX,
  };
  const stream = { project, model, version: incident.version, segment };
  const until = incident.closedAt ?? new Date(incident.updatedAt.getTime() + 1);
  return {
    before: {
      ...shared,
      stream: baselineVersion === '' ? stream : { ...stream, version: baselineVersion },
      target: isRate ? without : incident.before,
      ...(isDisparity
        ? { isRest: true, since, until }
        : { since: new Date(since.getTime() - EXAMPLES_SPAN_MS), until: since }),
    },
    after: { ...shared, stream, target: isRate ? withIt : incident.after, since, until },
  };
}

function toExample({ id, timestamp, version, isCut, value, ...texts }: ExampleRow): Example {
  return { id, timestamp: timestamp.toISOString(), version, isCut, value, ...exampleText(texts) };
}
