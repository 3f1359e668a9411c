import { z } from 'zod';
import type { Inference } from '../../core/inference.ts';
import type { Store } from '../client.ts';
import { Instant } from '../instant.ts';
import type { InferenceNames } from './span-contents.ts';

/** An inference as it was sent (absent fields left out), and when it was received. */
export interface StoredRecord {
  readonly record: Inference & { readonly id: string; readonly project: string };
  readonly receivedAt: Date;
}

const TEXTS = [
  'project',
  'id',
  'environment',
  'provider',
  'model',
  'version',
  'operation',
  'release',
  'prompt_name',
  'prompt_version',
  'session',
  'user',
  'trace_id',
  'span_id',
  'prompt',
  'system',
  'response',
  'status',
  'error_type',
  'finish_reason',
  'accelerator',
] as const;
const NUMBERS = [
  'latency_ms',
  'time_to_first_token_ms',
  'queue_ms',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'cost_usd',
  'accelerator_utilization',
  'accelerator_memory_bytes',
] as const;
const JSON_TEXTS = ['messages', 'tool_calls'] as const;
const MAPS = ['attributes', 'groups', 'scores'] as const;

const COLUMNS = [...TEXTS, ...NUMBERS, ...JSON_TEXTS, ...MAPS, 'context'].join(', ');

const Row = z.looseObject({ timestamp: Instant, received: Instant });

/** These inferences as records, each once, in no order. Names of other projects' inferences may come along. */
export async function recordsOf(store: Store, { projects, ids }: InferenceNames): Promise<StoredRecord[]> {
  const rows = await store.rows(
    `SELECT ${COLUMNS}, inferences.timestamp AS timestamp, received_at AS received FROM inferences FINAL
      WHERE project IN {projects: Array(String)} AND id IN {ids: Array(String)}`,
    { projects: [...new Set(projects)], ids: [...new Set(ids)] },
  );
  return z.array(Row).parse(rows).map(toRecord);
}

function toRecord({ timestamp, received, ...row }: z.infer<typeof Row>): StoredRecord {
  const record: Record<string, unknown> = { timestamp: timestamp.toISOString() };
  for (const name of TEXTS) if (row[name] !== '') record[name] = row[name];
  for (const name of NUMBERS) if (row[name] !== null) record[name] = Number(row[name]);
  for (const name of JSON_TEXTS) if (row[name] !== '') record[name] = JSON.parse(String(row[name]));
  for (const name of [...MAPS, 'context'] as const)
    if (Object.keys(row[name] as object).length > 0) record[name] = row[name];
  return { record: record as unknown as StoredRecord['record'], receivedAt: received };
}
