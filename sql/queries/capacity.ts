import { z } from 'zod';
import type { Store } from '../client.ts';
import { toSqlInstant } from '../instant.ts';

/**
 * What answers on one kind of accelerator: a model of a project, or, with both empty, all that are on it together.
 * An empty accelerator was not said.
 */
export interface Server {
  readonly project: string;
  readonly model: string;
  readonly accelerator: string;
}

export interface ServerLoad extends Server {
  /** Models of projects that it is made of. */
  readonly models: number;
  readonly calls: number;
  /** 95 % of calls queued for less; null if none said. */
  readonly queueMsP95: number | null;
}

/** Calls in [since, until), each once for every `owner` whose it is: the model, and all that share its accelerator. */
const callsWith = (columns: readonly string[]): string => `
    (SELECT project, model, accelerator, ${columns.join(', ')} FROM inferences FINAL
      WHERE ({project: String} = '' OR project = {project: String})
        AND timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')})
   ARRAY JOIN if(accelerator = '', [(toString(project), toString(model))],
                   [(toString(project), toString(model)), ('', '')]) AS owner`;

const Row = z.object({
  owner_project: z.string(),
  owner_model: z.string(),
  accelerator: z.string(),
  models: z.coerce.number(),
  calls: z.coerce.number(),
  queue_ms: z.coerce.number().nullable(),
  servers: z.coerce.number(),
});

/** Each takes a fit of some 200 resamples. */
const SERVERS_MAX = 100;

const CAPACITY = `
  SELECT owner.1 AS owner_project, owner.2 AS owner_model, accelerator, uniqExact(project, model) AS models,
         count() AS calls, quantileTDigest(0.95)(queue_ms) AS queue_ms, count() OVER () AS servers
    FROM ${callsWith(['queue_ms'])}
   GROUP BY owner_project, owner_model, accelerator
  HAVING owner_project != '' OR models > 1
   ORDER BY calls DESC, owner_project, owner_model, accelerator
   LIMIT ${SERVERS_MAX}`;

/** Servers with calls in [since, until), the busiest first, and how many more there are; an empty project means all of them. */
export async function serverLoads(
  store: Store,
  { project, since, until }: { project: string; since: Date; until: Date },
): Promise<{ servers: ServerLoad[]; leftOut: number }> {
  const params = { project, since: toSqlInstant(since), until: toSqlInstant(until) };
  const rows = z.array(Row).parse(await store.rows(CAPACITY, params));
  return {
    servers: rows.map(({ owner_project, owner_model, accelerator, models, calls, queue_ms }) => ({
      project: owner_project,
      model: owner_model,
      accelerator,
      models,
      calls,
      queueMsP95: finite(queue_ms),
    })),
    leftOut: (rows[0]?.servers ?? 0) - rows.length,
  };
}

/** A server as one text. */
export const serverName = ({ project, model, accelerator }: Server): string =>
  [project, model, accelerator].join('\n');

/** Output tokens a second of the calls that began in a minute. */
export const THROUGHPUT = 'sum(coalesce(output_tokens, 0)) / 60 AS throughput';

/** Query for the minutes of `servers` that had calls: their name, the minute in Unix time, and `measures` of `columns`. */
export const minutesOf = (of: { readonly columns: readonly string[]; readonly measures: string }): string => `
  SELECT concat(owner.1, '\\n', owner.2, '\\n', accelerator) AS name, toUnixTimestamp(toStartOfMinute(timestamp)) AS minute,
         ${of.measures}
    FROM ${callsWith(['timestamp', ...of.columns])}
   WHERE name IN {servers: Array(String)}
   GROUP BY name, minute`;

/** A quantile or a mean of nothing is NaN, which JSON says as null. */
export const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;
