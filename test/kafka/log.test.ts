import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { openIngestPart } from '../../app/log/ingest-part.ts';
import { type Log, logClient, openLog } from '../../app/log/open-log.ts';
import { openWriterPart } from '../../app/log/writer-part.ts';
import type { Part } from '../../app/part.ts';
import { openMigratedStore } from '../../app/store.ts';
import { type Config, parseConfig } from '../../core/config.ts';
import { createLogger } from '../../core/log.ts';
import { pickLetters, readLetters, replayLetters } from '../../ingest/log/dead-letters.ts';
import { partitionOf } from '../../ingest/log/partition.ts';
import type { Store } from '../../sql/client.ts';
import { touchedSince } from '../../sql/queries/touched.ts';
import { type ClickHouseProcess, startClickHouse } from '../support/clickhouse-process.mjs';
import { kafkaClient } from '../support/kafka-client.ts';

const logger = createLogger('silent');
let clickhouse: ClickHouseProcess;
let config: Config;
let store: Store;
let log: Log;
let parts: Part[];

beforeAll(async () => {
  clickhouse = await startClickHouse();
});
afterAll(() => clickhouse.stop());

beforeEach(async () => {
  config = parseConfig({
    CLICKHOUSE_URL: clickhouse.url,
    CLICKHOUSE_DATABASE: `t_${randomUUID().replaceAll('-', '')}`,
    KAFKA_BROKERS: inject('kafkaBrokers').join(','),
    KAFKA_TOPIC_PREFIX: `t-${randomUUID()}`,
    KAFKA_OTLP_TRACES_TOPIC: `spans-${randomUUID()}`,
    KAFKA_OTLP_LOGS_TOPIC: `logs-${randomUUID()}`,
    KAFKA_PARTITIONS: '4',
    REDACTION_SECRET: 'a secret of these tests',
    CHECK_WORKERS: '1',
  });
  ({ store } = await openMigratedStore(config));
  const client = await logClient(config, logger);
  if (!client) throw new Error('no brokers');
  log = await openLog(client, config, { logger });
  parts = [];
});

afterEach(async () => {
  for (const part of parts) await part.stop();
  await log.sender.stop();
  await store.close();
});

async function ingest() {
  const part = await openIngestPart(config, log, logger);
  parts.push(part);
  return part.intake;
}

async function write(): Promise<Part> {
  const part = await openWriterPart(store, log, { config, logger });
  parts.push(part);
  return part;
}

const AT = '2026-11-24T10:00:00.000Z';
const record = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  timestamp: AT,
  model: 'm',
  prompt: `question ${id}`,
  response: 'answer',
  ...more,
});
const lines = (records: readonly unknown[]): Uint8Array =>
  Buffer.from(records.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join(''));

const rowsOf = (query: string): Promise<unknown[]> => store.rows(query);
const storedIds = async (): Promise<string[]> =>
  (await rowsOf('SELECT id FROM inferences FINAL ORDER BY id')).map((row) => (row as { id: string }).id);

async function until<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const value = await read();
    if (isDone(value)) return value;
    await sleep(100);
  }
  throw new Error(`still ${JSON.stringify(await read())} after 30 s`);
}

async function produce(topic: string, value: string | Buffer | null, partition?: number): Promise<void> {
  const producer = kafkaClient(inject('kafkaBrokers')).producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value, ...(partition === undefined ? {} : { partition }) }] });
  await producer.disconnect();
}

describe('from ingest through the log into the store', () => {
  it('takes records with their signals, and says which minutes changed', async () => {
    const intake = await ingest();
    await write();
    const outcome = await intake.submit('inference', lines([record('a'), record('b'), { id: 'c' }]));
    expect(outcome).toMatchObject({ accepted: 2, rejectedCount: 1, rejected: [{ index: 2 }] });
    await until(storedIds, (ids) => ids.length === 2);
    expect(
      await rowsOf('SELECT id, response_words AS words, bytes > 0 AS measured FROM inferences ORDER BY id'),
    ).toEqual([
      { id: 'a', words: 1, measured: 1 },
      { id: 'b', words: 1, measured: 1 },
    ]);
    const minutes = await until(
      () => touchedSince(store, new Date(0)),
      (rows) => rows.length > 0,
    );
    expect(new Set(minutes.map(({ minute }) => minute))).toEqual(new Set([Date.parse(AT)]));
  });

  it('stamps the time of receipt by the brokers’ clock, the same however often a message is read', async () => {
    const intake = await ingest();
    await intake.submit('inference', lines([record('a')]));
    const first = await write();
    await until(storedIds, (ids) => ids.length === 1);
    const received = await rowsOf('SELECT received_at FROM inferences');
    await first.stop();
    parts.pop();
    await rewind();
    await write();
    await until(
      () => rowsOf('SELECT received_at FROM inferences'),
      (rows) => rows.length === 2,
    );
    expect(await rowsOf('SELECT received_at FROM inferences')).toEqual([...received, ...received]);
    expect(await storedIds()).toEqual(['a']);
  });

  it('an id that comes again with another timestamp is the row it was, whoever stores it', async () => {
    const intake = await ingest();
    await write();
    await intake.submit('inference', lines([record('a'), record('b')]));
    await until(storedIds, (ids) => ids.length === 2);
    // A second writer takes over some of the partitions: it must know what the first one stored.
    await write();
    const later = { timestamp: '2026-11-24T11:30:00.000Z', response: 'corrected' };
    await intake.submit('inference', lines([record('a', later), record('b', later)]));
    const rows = await until(
      () =>
        rowsOf(
          `SELECT id, toString(timestamp) AS at FROM inferences FINAL WHERE response = 'corrected' ORDER BY id`,
        ),
      (found) => found.length === 2,
    );
    expect(rows).toEqual(['a', 'b'].map((id) => ({ id, at: '2026-11-24 10:00:00.000' })));
    expect(await storedIds()).toEqual(['a', 'b']);
  });

  it('loses and doubles nothing while writers come and go', async () => {
    const intake = await ingest();
    const sent: string[] = [];
    let isSending = true;
    const sending = (async () => {
      while (isSending) {
        const ids = Array.from({ length: 50 }, () => randomUUID());
        await intake.submit('inference', lines(ids.map((id) => record(id))));
        sent.push(...ids);
        await sleep(20);
      }
    })();
    for (let round = 0; round < 4; round++) {
      const part = await write();
      await sleep(1_500);
      if (round % 2 === 0) continue;
      await part.stop();
      parts.splice(parts.indexOf(part), 1);
    }
    isSending = false;
    await sending;
    const ids = await until(storedIds, (found) => found.length >= sent.length);
    expect(ids).toEqual([...sent].sort());
  });

  it('attaches scores after the inferences they are of', async () => {
    const intake = await ingest();
    await write();
    await intake.submit('inference', lines([record('a')]));
    await intake.submit('score', lines([{ inference_id: 'a', name: 'correct', value: 1 }]));
    await until(
      () => rowsOf('SELECT inference_id, value FROM scores'),
      (rows) => rows.length === 1,
    );
  });

  it('places an id by a hash that must never change', () => {
    expect(['a', 'b', '0192f0c1', 'ü'].map((id) => partitionOf('default', id, 12))).toEqual([4, 3, 9, 3]);
  });
});

describe('poison', () => {
  it('goes alone to the dead letters, with bytes, reason and place; its neighbours are stored', async () => {
    const bad = ['{"id":"x"', 'not json at all', '{"id":"y","timestamp":"2026-11-24T10:00:00Z"}'];
    await produce(log.names.log, lines([record('a'), bad[0], record('b'), bad[1]]) as Buffer, 1);
    await produce(log.names.log, Buffer.from([0xff, 0xfe, 0x00]), 2);
    await produce(log.names.log, null, 3);
    await produce(log.names.log, lines([record('c'), bad[2]]) as Buffer, 1);
    await write();
    await until(storedIds, (ids) => ids.length === 3);
    const letters = await until(
      () => readLetters(log.kafka, log.names.deadLetters),
      (found) => found.length === 5,
    );
    const byText = new Map(letters.map((letter) => [Buffer.from(letter.bytes).toString('latin1'), letter]));
    expect(byText.get(bad[0] ?? '')).toMatchObject({
      reason: expect.stringContaining('expected JSON'),
      origin: { topic: log.names.log, partition: 1, offset: '0', index: 1 },
    });
    expect(byText.get(bad[1] ?? '')).toMatchObject({ origin: { partition: 1, offset: '0', index: 3 } });
    expect(byText.get(bad[2] ?? '')).toMatchObject({
      field: 'model',
      origin: { partition: 1, offset: '1', index: 1 },
    });
    expect(byText.get('\u00ff\u00fe\u0000')).toMatchObject({ origin: { partition: 2, offset: '0' } });
    expect(byText.get('')).toMatchObject({
      reason: 'the message is empty',
      origin: { partition: 3, index: null },
    });
  });

  it('is sent back once, and is not listed any more', async () => {
    const text = JSON.stringify(record('late'));
    await log.sendLetters([
      {
        bytes: Buffer.from(text),
        reason: 'it was too early',
        field: 'timestamp',
        origin: { topic: log.names.log, partition: 0, offset: '7', index: 2 },
        headers: { kind: 'inference' },
      },
    ]);
    await write();
    const letters = await readLetters(log.kafka, log.names.deadLetters);
    expect(letters).toHaveLength(1);
    expect(() => pickLetters(letters, ['99'])).toThrow('no dead letter waits at 99');
    await replayLetters(log.sender, log.names.deadLetters, pickLetters(letters, [letters[0]?.offset ?? '']));
    expect(await until(storedIds, (ids) => ids.length > 0)).toEqual(['late']);
    expect(await readLetters(log.kafka, log.names.deadLetters)).toEqual([]);
  });
});

describe('a dead letter that was sent twice', () => {
  const letter = (offset: string, text: string) => ({
    bytes: Buffer.from(text),
    reason: 'expected JSON',
    field: '',
    origin: { topic: log.names.log, partition: 0, offset, index: null },
    headers: {},
  });

  it('is one letter, also when it is sent back', async () => {
    // As by a writer that was killed between the letters and the offset.
    await log.sendLetters([letter('7', 'broken'), letter('8', 'broken too')]);
    await log.sendLetters([letter('7', 'broken')]);
    const letters = await readLetters(log.kafka, log.names.deadLetters);
    expect(letters.map(({ offset, origin }) => [offset, origin.offset])).toEqual([
      ['0', '7'],
      ['1', '8'],
    ]);
    await replayLetters(log.sender, log.names.deadLetters, pickLetters(letters, ['0']));
    expect((await readLetters(log.kafka, log.names.deadLetters)).map(({ offset }) => offset)).toEqual(['1']);
  });
});

describe('producers that write into a topic of their own', () => {
  it('may send one record, lines, or an array; what is wrong with one is a dead letter', async () => {
    await produce(log.names.inferences, JSON.stringify(record('one')));
    await produce(log.names.inferences, lines([record('two'), '{"broken":', record('three')]) as Buffer);
    await produce(log.names.inferences, JSON.stringify([record('four'), record('five')]));
    await ingest();
    await write();
    const ids = await until(storedIds, (found) => found.length === 5);
    expect(ids).toEqual(['five', 'four', 'one', 'three', 'two']);
    const letters = await until(
      () => readLetters(log.kafka, log.names.deadLetters),
      (found) => found.length === 1,
    );
    expect(letters[0]).toMatchObject({ origin: { topic: log.names.inferences, index: 1 } });
    expect(Buffer.from(letters[0]?.bytes ?? []).toString()).toBe('{"broken":');
  });

  it('may be collectors: spans and log events, in JSON and protobuf, joined in the store', async () => {
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const spans = { resourceSpans: [{ scopeSpans: [{ spans: [spanOf(traceId, spanId)] }] }] };
    const events = { resourceLogs: [{ scopeLogs: [{ logRecords: [choiceOf(traceId, spanId)] }] }] };
    await produce(log.names.otlp.logs ?? '', JSON.stringify(events));
    await produce(log.names.otlp.traces ?? '', JSON.stringify(spans));
    await produce(log.names.otlp.traces ?? '', Buffer.from([0x0a, 0xff, 0xff]));
    await ingest();
    await write();
    const rows = await until(
      () => rowsOf(`SELECT id, model, response FROM inferences FINAL WHERE response != ''`),
      (found) => found.length > 0,
    );
    expect(rows).toEqual([{ id: `${traceId}:${spanId}`, model: 'gpt-4', response: 'It leans.' }]);
    const letters = await until(
      () => readLetters(log.kafka, log.names.deadLetters),
      (found) => found.length > 0,
    );
    expect(letters.map(({ origin }) => origin.topic)).toEqual([log.names.otlp.traces]);
  });

  it('may compress as they like: the broker repacks', async () => {
    const admin = log.kafka.admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: log.names.inferences, configNames: ['compression.type'] }],
    });
    await admin.disconnect();
    expect(resources[0]?.configEntries[0]).toMatchObject({ configValue: 'gzip' });
  });
});

const spanOf = (traceId: string, spanId: string) => ({
  traceId,
  spanId,
  name: 'chat gpt-4',
  startTimeUnixNano: '1795514400000000000',
  endTimeUnixNano: '1795514401000000000',
  attributes: [
    { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
    { key: 'gen_ai.system', value: { stringValue: 'openai' } },
    { key: 'gen_ai.request.model', value: { stringValue: 'gpt-4' } },
  ],
});
const choiceOf = (traceId: string, spanId: string) => ({
  traceId,
  spanId,
  timeUnixNano: '1795514401000000000',
  eventName: 'gen_ai.choice',
  body: {
    kvlistValue: {
      values: [
        { key: 'index', value: { intValue: 0 } },
        { key: 'finish_reason', value: { stringValue: 'stop' } },
        {
          key: 'message',
          value: {
            kvlistValue: {
              values: [
                { key: 'role', value: { stringValue: 'assistant' } },
                { key: 'content', value: { stringValue: 'It leans.' } },
              ],
            },
          },
        },
      ],
    },
  },
});

/** Puts the writers' group back to the beginning, as if nothing had ever been committed. */
async function rewind(): Promise<void> {
  const admin = log.kafka.admin();
  await admin.connect();
  await admin.resetOffsets({
    groupId: `${config.KAFKA_TOPIC_PREFIX}.writer`,
    topic: log.names.log,
    earliest: true,
  });
  await admin.disconnect();
}
