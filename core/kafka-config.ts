import { z } from 'zod';
import { Bytes, Count, CountOrZero, Duration } from './config-values.ts';
import { Secret } from './secret.ts';

/** `a:9092,b:9092`: addresses of brokers. */
const Brokers = z
  .string()
  .regex(
    /^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/,
    'expected host:port, or several with commas, such as kafka-1:9092,kafka-2:9092',
  )
  .transform((text) => text.split(','));

const Topic = z
  .string()
  .regex(/^[\w.-]{1,200}$/, 'expected the name of a topic, or none')
  .transform((name) => (name === 'none' ? null : name));

/** Settings of the log between ingest and writer. */
export const KAFKA_SETTINGS = {
  /** With brokers, ingest answers when Kafka has the records, and writers store them; without, ingest stores. */
  KAFKA_BROKERS: Brokers.optional(),
  KAFKA_CLIENT_ID: z.string().default('plumbline'),
  KAFKA_TLS: z.enum(['no', 'yes']).default('no'),
  /** Files in PEM: who the brokers are vouched for by, and who we are, where they ask. */
  KAFKA_TLS_CA: z.string().optional(),
  KAFKA_TLS_CERT: z.string().optional(),
  KAFKA_TLS_KEY: z.string().optional(),
  KAFKA_SASL_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  KAFKA_SASL_USERNAME: z.string().default(''),
  KAFKA_SASL_PASSWORD: z
    .string()
    .default('')
    .transform((value) => new Secret(value)),
  /** Our topics are `<prefix>.log`, `<prefix>.inferences` …: two installations can share brokers. */
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'expected letters, digits, ".", "_" and "-"')
    .default('plumbline'),
  /** Topic that OpenTelemetry collectors write spans to, or `none`; the name is that of their Kafka exporter. */
  KAFKA_OTLP_TRACES_TOPIC: Topic.default('otlp_spans'),
  /** The same for log events. */
  KAFKA_OTLP_LOGS_TOPIC: Topic.default('otlp_logs'),
  /** Upper bound of writer processes; adding some later is possible when the log has been drained. */
  KAFKA_PARTITIONS: Count.max(1_000).default(12),
  /** Copies of each partition; 0: what the brokers have as their default. */
  KAFKA_REPLICATION: CountOrZero.max(10).default(0),
  /** How long a writer may be away before records are lost: a long weekend, with a reserve. */
  KAFKA_RETENTION: Duration.default(7 * 864e5),
  /** gzip at its fastest: text shrinks to a fifth for a few percent of a core. */
  KAFKA_COMPRESSION: z.enum(['gzip', 'none']).default('gzip'),
  /** What records on the log wait for company before an insert: nobody waits for an answer, and many small inserts cost. */
  KAFKA_COMMIT_WAIT_MS: Duration.default(250),
  /** Of one message: below the 1 MiB that brokers take by default; a single larger record goes alone. */
  KAFKA_MESSAGE_BYTES_MAX: Bytes.default(900 * 2 ** 10),
} as const;

type KafkaSettings = z.output<z.ZodObject<typeof KAFKA_SETTINGS>>;

/** Settings that do not go together. */
export function kafkaFaults(settings: KafkaSettings): { path: keyof KafkaSettings; message: string }[] {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: user, KAFKA_TLS: tls } = settings;
  const faults: { path: keyof KafkaSettings; message: string }[] = [];
  if (mechanism === undefined && user !== '') {
    faults.push({
      path: 'KAFKA_SASL_MECHANISM',
      message: 'expected plain, scram-sha-256 or scram-sha-512, since KAFKA_SASL_USERNAME is set',
    });
  }
  if (mechanism !== undefined && user === '')
    faults.push({ path: 'KAFKA_SASL_USERNAME', message: `expected a name, since ${mechanism} asks for one` });
  const hasFiles = settings.KAFKA_TLS_CA ?? settings.KAFKA_TLS_CERT ?? settings.KAFKA_TLS_KEY;
  if (tls === 'no' && hasFiles !== undefined)
    faults.push({ path: 'KAFKA_TLS', message: 'expected yes, since a KAFKA_TLS_… file is set' });
  if ((settings.KAFKA_TLS_CERT === undefined) !== (settings.KAFKA_TLS_KEY === undefined)) {
    faults.push({
      path: 'KAFKA_TLS_KEY',
      message: 'expected both KAFKA_TLS_CERT and KAFKA_TLS_KEY, or neither',
    });
  }
  return faults;
}
