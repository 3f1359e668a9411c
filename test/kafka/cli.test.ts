import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { runCli } from '../support/cli.ts';
import { type KafkaBroker, startKafka } from '../support/kafka-broker.mjs';
import { kafkaClient } from '../support/kafka-client.ts';
import { kafkaUnavailable } from '../support/kafka-jars.mjs';

let cwd: string;
let env: Record<string, string>;

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'plumbline-kafka-cli-'));
  env = {
    KAFKA_BROKERS: inject('kafkaBrokers').join(','),
    KAFKA_TOPIC_PREFIX: `cli-${randomUUID()}`,
    KAFKA_OTLP_TRACES_TOPIC: 'none',
    KAFKA_OTLP_LOGS_TOPIC: 'none',
    KAFKA_PARTITIONS: '2',
    REDACTION_SECRET: 'a secret of these tests',
    EMBEDDINGS: 'off',
    LOG_LEVEL: 'error',
    DATA_DIR: 'data',
  };
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const run = (args: readonly string[], more: Record<string, string> = {}) =>
  runCli(args, { cwd, env: { ...env, ...more } });

async function offsets(topic: string): Promise<number> {
  const admin = kafkaClient(inject('kafkaBrokers')).admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return ends.reduce((sum, { high }) => sum + Number(high), 0);
}

describe('the command line with a log', () => {
  it('makes the topics once, with the partitions of the settings', async () => {
    const prefix = env['KAFKA_TOPIC_PREFIX'];
    const first = JSON.parse((await run(['migrate', '--json'])).stdout) as { topics: string[] };
    expect(first.topics.sort()).toEqual(
      ['alerter', 'analyzer', 'dead-letters', 'embedder', 'inferences', 'log'].map(
        (name) => `${prefix}.${name}`,
      ),
    );
    expect(JSON.parse((await run(['migrate', '--json'])).stdout)).toEqual({ applied: [], topics: [] });
    const doctor = await run(['doctor', '--json']);
    expect(doctor.stdout).toContain(`${prefix}.log has 2 partitions, 0 dead letters`);
  });

  it('imports onto the log, and tells what it left out', async () => {
    await run(['migrate']);
    const good = { id: 'a', timestamp: '2026-11-24T10:00:00Z', model: 'm', response: 'x' };
    await writeFile(join(cwd, 'r.jsonl'), `${JSON.stringify(good)}\n{"id":"b"}\n`);
    const imported = await run(['import', 'r.jsonl', '--json']);
    expect(JSON.parse(imported.stdout)).toEqual({ accepted: 1, rejected: 1 });
    expect(await offsets(`${env['KAFKA_TOPIC_PREFIX']}.log`)).toBe(1);
  });

  it('lists, shows and sends back dead letters', async () => {
    await run(['migrate']);
    expect((await run(['dlq', 'list'])).stdout).toBe('No dead letters.\n');
    const producer = kafkaClient(inject('kafkaBrokers')).producer();
    await producer.connect();
    const origin = { topic: `${env['KAFKA_TOPIC_PREFIX']}.inferences`, partition: 1, offset: '5', index: 0 };
    const letter = JSON.stringify({ reason: 'expected JSON, got something else', field: '', origin });
    await producer.send({
      topic: `${env['KAFKA_TOPIC_PREFIX']}.dead-letters`,
      messages: [{ value: '{"broken', headers: { 'plumbline-letter': letter } }],
    });
    await producer.disconnect();
    const [listed] = (await run(['dlq', 'list', '--json'])).stdout.trim().split('\n');
    expect(JSON.parse(listed ?? '')).toMatchObject({ offset: '0', origin, bytes: 8, replays: 0 });
    expect((await run(['dlq', 'list'])).stdout).toContain('expected JSON');
    const shown = await run(['dlq', 'show', '0']);
    expect(shown.stdout).toBe('{"broken\n');
    expect(shown.stderr).toContain(`${origin.topic}/1/5#0`);
    expect(await run(['dlq', 'show', '7'])).toMatchObject({ code: 2, stdout: '' });
    expect(await run(['dlq', 'replay'])).toMatchObject({ code: 2 });
    expect((await run(['dlq', 'replay', '--all', '--json'])).stdout).toBe('{"replayed":1}\n');
    expect(await offsets(origin.topic)).toBe(1);
    expect((await run(['dlq', 'list'])).stdout).toBe('No dead letters.\n');
  });

  it('says what is missing', async () => {
    const alone = await run(['serve', '--role', 'writer'], { KAFKA_BROKERS: '' });
    expect(alone).toMatchObject({ code: 2 });
    expect(alone.stderr).toContain('Set KAFKA_BROKERS');
    const noLog = await run(['dlq', 'list'], { KAFKA_BROKERS: '' });
    expect(noLog.stderr).toContain('set KAFKA_BROKERS');
    const noTopics = await run(['doctor', '--json']);
    expect(noTopics.stdout).toContain('plumbline migrate');
    const badRole = await run(['serve', '--role', 'writter']);
    expect(badRole.stderr).toContain('expected all, or some of ingest, writer');
  });
});

// A broker of its own, since the one of the suite lets everybody in.
describe.skipIf(kafkaUnavailable() !== null)('a broker that asks who connects', () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafka({
      listeners: { SASL: 'SASL_PLAINTEXT' },
      extraProperties: {
        'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
        'listener.name.sasl.plain.sasl.jaas.config':
          'org.apache.kafka.common.security.plain.PlainLoginModule required user_ann="secret";',
        'listener.name.sasl.scram-sha-512.sasl.jaas.config':
          'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      },
      scramUsers: [{ mechanism: 'SCRAM-SHA-512', username: 'bob', password: 'hidden' }],
    });
  });
  afterAll(() => broker.stop());

  const sasl = (mechanism: string, user: string, password: string) => ({
    KAFKA_BROKERS: broker.addresses['SASL'] ?? '',
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD: password,
  });

  it.each([
    ['plain', 'ann', 'secret'],
    ['scram-sha-512', 'bob', 'hidden'],
  ])('lets us in by %s, and a wrong password is told as one', async (mechanism, user, password) => {
    const migrated = await run(['migrate', '--json'], sasl(mechanism, user, password));
    expect(JSON.parse(migrated.stdout).topics).toHaveLength(6);
    const refused = await run(['doctor', '--json'], sasl(mechanism, user, 'wrong'));
    expect(refused.stdout).toContain('KAFKA_SASL_');
    expect(refused.stdout + refused.stderr).not.toContain('wrong');
  });
});
