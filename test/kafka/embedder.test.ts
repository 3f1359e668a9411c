import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { openEmbedderPart } from '../../app/log/embedder-part.ts';
import { openIngestPart } from '../../app/log/ingest-part.ts';
import { type Log, logClient, openLog } from '../../app/log/open-log.ts';
import { openWriterPart } from '../../app/log/writer-part.ts';
import type { Part } from '../../app/part.ts';
import { openMigratedStore } from '../../app/store.ts';
import { parseConfig } from '../../core/config.ts';
import { createLogger } from '../../core/log.ts';
import { EMBEDDER_SHARES } from '../../ingest/log/topics.ts';
import type { Store } from '../../sql/client.ts';
import { readStates } from '../../sql/queries/states.ts';
import { touchedSince } from '../../sql/queries/touched.ts';
import { type ClickHouseProcess, startClickHouse } from '../support/clickhouse-process.mjs';

const ROWS = 40;
let clickhouse: ClickHouseProcess;
let store: Store;
let log: Log;
const parts: Part[] = [];

beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(async () => {
  for (const part of parts) await part.stop();
  await log.sender.stop();
  await store.close();
  await clickhouse.stop();
});

async function until<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const value = await read();
    if (isDone(value)) return value;
    await sleep(200);
  }
  throw new Error(`still ${JSON.stringify(await read())} after 80 s`);
}

it('two embedders share the inferences out, and each text gets its vectors once', async () => {
  const logger = createLogger('silent');
  const config = parseConfig({
    KAFKA_BROKERS: inject('kafkaBrokers').join(','),
    KAFKA_TOPIC_PREFIX: `e-${randomUUID()}`,
    KAFKA_OTLP_TRACES_TOPIC: 'none',
    KAFKA_OTLP_LOGS_TOPIC: 'none',
    KAFKA_PARTITIONS: '2',
    CLICKHOUSE_URL: clickhouse.url,
    REDACTION_SECRET: 'a secret of these tests',
    CHECK_WORKERS: '1',
  });
  ({ store } = await openMigratedStore(config));
  const client = await logClient(config, logger);
  if (!client) throw new Error('no brokers');
  log = await openLog(client, config, { logger });
  const ingest = await openIngestPart(config, log, logger);
  parts.push(ingest, await openWriterPart(store, log, { config, logger }));
  for (let i = 0; i < 2; i++) parts.push(await openEmbedderPart(store, log, { config, logger }));
  const records = Array.from({ length: ROWS }, (_, i) => ({
    id: `r${i}`,
    timestamp: '2026-11-24T10:00:00Z',
    model: 'm',
    prompt: `Is wall ${i} level?`,
    response: `Wall ${i} leans.`,
  }));
  const body = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  expect(await ingest.intake.submit('inference', body)).toMatchObject({ accepted: ROWS });
  const vectors = () =>
    store.rows(
      `SELECT inference_id, count() AS times, min(length(prompt)) AS dimensions, any(relevance) > 0 AS related
         FROM embeddings GROUP BY inference_id`,
    ) as Promise<{ times: number; dimensions: number; related: number }[]>;
  const rows = await until(vectors, (found) => found.length === ROWS);
  expect(new Set(rows.map(({ times, dimensions, related }) => `${times} ${dimensions} ${related}`))).toEqual(
    new Set(['1 384 1']),
  );
  // How far each share is, by which windows wait for vectors.
  const cursors = await until(
    () => readStates(store, 'embedding'),
    (states) => states.size === EMBEDDER_SHARES,
  );
  expect([...cursors.keys()].every((name) => /\/\d+$/.test(name))).toBe(true);
  expect((await touchedSince(store, new Date(0))).length).toBeGreaterThan(1);
});
