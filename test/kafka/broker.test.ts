import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type KafkaBroker, startKafka } from '../support/kafka-broker.mjs';
import { consume, createTopic, kafkaClient, produce } from '../support/kafka-client.ts';
import { kafkaUnavailable } from '../support/kafka-jars.mjs';

it('the broker of the suite takes a message and gives it back', async () => {
  const kafka = kafkaClient(inject('kafkaBrokers'));
  const topic = `hello-${Date.now()}`;
  await createTopic(kafka, topic, 3);
  await produce(kafka, topic, ['1']);
  expect(await consume(kafka, topic, 1)).toEqual(['1']);
});

// A broker of its own: the suite may be run against one that is not ours to kill.
describe.skipIf(kafkaUnavailable() !== null)('a broker of our own', () => {
  const PLAIN_JAAS = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_ann="secret";';
  const SCRAM_JAAS = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafka({
      listeners: { SASL: 'SASL_PLAINTEXT' },
      extraProperties: {
        'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
        'listener.name.sasl.plain.sasl.jaas.config': PLAIN_JAAS,
        'listener.name.sasl.scram-sha-256.sasl.jaas.config': SCRAM_JAAS,
      },
      scramUsers: [{ mechanism: 'SCRAM-SHA-256', username: 'bob', password: 'hidden' }],
    });
  });
  afterAll(() => broker.stop());

  it('has what it acknowledged after kill -9 and a restart, on the same address', async () => {
    const kafka = kafkaClient(broker.brokers);
    await createTopic(kafka, 'kept');
    await produce(kafka, 'kept', ['before']);
    const pid = broker.pid;
    await broker.kill('SIGKILL');
    expect(broker.pid).toBeNull();
    await expect(
      produce(kafkaClient(broker.brokers, { retry: { retries: 0 } }), 'kept', ['meanwhile']),
    ).rejects.toThrow('ECONNREFUSED');
    await broker.restart();
    expect(broker.pid).not.toBe(pid);
    await produce(kafka, 'kept', ['after']);
    expect(await consume(kafka, 'kept', 2)).toEqual(['before', 'after']);
  });

  it('lets in who knows the password, by PLAIN and by SCRAM', async () => {
    const addresses = [broker.addresses['SASL'] ?? ''];
    const topics = async (mechanism: 'plain' | 'scram-sha-256', username: string, password: string) => {
      const sasl =
        mechanism === 'plain' ? { mechanism, username, password } : { mechanism, username, password };
      const admin = kafkaClient(addresses, { sasl, retry: { retries: 0 } }).admin();
      await admin.connect();
      const names = await admin.listTopics();
      await admin.disconnect();
      return names;
    };
    expect(await topics('plain', 'ann', 'secret')).toContain('kept');
    expect(await topics('scram-sha-256', 'bob', 'hidden')).toContain('kept');
    await expect(topics('plain', 'ann', 'wrong')).rejects.toThrow('Authentication failed');
    await expect(topics('scram-sha-256', 'bob', 'wrong')).rejects.toThrow(/[Aa]uthentication failed/);
  });
});
