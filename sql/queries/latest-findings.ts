import { z } from 'zod';
import type { Finding } from '../../core/finding.ts';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';
import { parseFinding } from './findings.ts';

const Row = z.object({ body: z.string() });

/** The bodies are read only of the rows that are last: the inner query touches short columns alone. */
const LATEST_FINDINGS = `
  WITH chosen AS (
    SELECT project, model, version, segment, signal, max(until) AS last_until
      FROM findings
     WHERE ({project: String} = '' OR project = {project: String}) AND segment = {segment: String}
       AND ({isAllStreams: UInt8} OR (model = {model: String} AND version = {version: String}))
       AND until >= {since: DateTime64(3, 'UTC')}
     GROUP BY project, model, version, segment, signal
     LIMIT 20000)
  SELECT body
    FROM findings FINAL
   WHERE segment = {segment: String} AND until >= {since: DateTime64(3, 'UTC')}
     AND (project, model, version, segment, signal, until) IN chosen
   ORDER BY project, model, version, signal`;

/**
 * The last finding of every signal whose window ended at or after `since`, in no meaningful order.
 *
 * @param stream null for all streams; an empty project means all projects
 */
export async function latestFindings(
  store: Store,
  params: {
    project: string;
    stream: { model: string; version: string } | null;
    segment: string;
    since: Date;
  },
): Promise<Finding[]> {
  const { project, stream, segment, since } = params;
  const rows = await store.rows(LATEST_FINDINGS, {
    project,
    segment,
    isAllStreams: stream === null ? 1 : 0,
    model: stream?.model ?? '',
    version: stream?.version ?? '',
    since: toSqlInstant(since),
  });
  return z
    .array(Row)
    .parse(rows)
    .map(({ body }) => parseFinding(body));
}
