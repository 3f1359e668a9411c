import { z } from 'zod';
import type { Store } from '../client.ts';

const Row = z.object({ id: z.string(), topic: z.coerce.number() });

/** Prompts that the others are laid to; each has some hundred neighbours among a few thousand. */
const ANCHORS = 16;

/** Vectors have length 1, so that the largest product is the nearest; those of the largest identity alone can be compared. */
const PROMPT_TOPICS = `
  WITH
    named AS (
      SELECT inference_id, identity, prompt FROM embeddings FINAL
       WHERE project = {project: String} AND inference_id IN {ids: Array(String)} AND notEmpty(prompt)),
    (SELECT argMax(name, (rows, name)) FROM (
       SELECT toString(identity) AS name, count() AS rows FROM named GROUP BY name)) AS common,
    (SELECT groupArray(prompt) FROM (
       SELECT prompt FROM named WHERE identity = common ORDER BY cityHash64(inference_id), inference_id LIMIT ${ANCHORS}
     )) AS anchors
  SELECT inference_id AS id, indexOf(arrayMap(anchor -> arrayDotProduct(anchor, prompt), anchors) AS near, arrayMax(near)) AS topic
    FROM named WHERE identity = common`;

/**
 * Which of 16 prompts among these each one is nearest to, from 1; those that are not embedded are not there. The prompts are
 * chosen by a hash: topics only so far that two prompts of one number are more alike than any two.
 */
export async function promptTopics(
  store: Store,
  { project, ids }: { project: string; ids: readonly string[] },
): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = z.array(Row).parse(await store.rows(PROMPT_TOPICS, { project, ids }));
  return new Map(rows.map(({ id, topic }) => [id, topic]));
}
