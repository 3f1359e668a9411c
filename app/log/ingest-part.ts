import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import { createDirectHandler } from '../../ingest/log/direct-handler.ts';
import { createGroupConsumer } from '../../ingest/log/group-consumer.ts';
import { createAppend } from '../../ingest/log/producer.ts';
import { directTopics } from '../../ingest/log/topics.ts';
import { type IngestPath, openIngestPath } from '../ingest-path.ts';
import type { Part } from '../part.ts';
import { consumerWarnings } from './consumer-warnings.ts';
import type { Log } from './open-log.ts';

/** Partitions of producers' topics worked on at a time, and bytes fetched of them: what is checked at once is bounded. */
const DIRECT = { concurrency: 4, bytesMax: 8 * 2 ** 20 };

/** Role `ingest`: what arrives over HTTP and in producers' own topics is checked and put on the log. */
export async function openIngestPart(
  config: Config,
  log: Log,
  logger: Logger,
): Promise<Part & Required<Pick<Part, 'intake'>>> {
  const intake = await openLogPath(config, log);
  const direct = createGroupConsumer({
    ...DIRECT,
    kafka: log.kafka,
    groupId: `${config.KAFKA_TOPIC_PREFIX}.ingest`,
    topics: directTopics(log.names),
    log: logger,
    handle: createDirectHandler({
      submit: (kind, body) => intake.submit(kind, body),
      submitOtlp: (submission) => intake.otlp.submit(submission),
      otlpTopics: log.names.otlp,
      sendLetters: log.sendLetters,
    }),
  });
  direct.start();
  return {
    intake,
    loops: () => [],
    gauges: {
      ...intake.gauges,
      log_messages: ['Messages put on the log since the start.', () => log.sender.stats().messages],
      log_failures: ['Requests to the log that failed since the start.', () => log.sender.stats().failures],
    },
    checks: () => ({
      log: log.sender.stats().isReachable ? { ok: true } : { ok: false, reason: 'it does not take records' },
    }),
    warnings: () => consumerWarnings('producers’ topics are not read', direct.stats()),
    async stop() {
      await direct.stop();
      await intake.stop();
    },
  };
}

/** The way from a body to the log. */
export function openLogPath(config: Config, log: Log): Promise<IngestPath> {
  const append = createAppend(log.sender, {
    topic: log.names.log,
    partitions: log.partitions,
    messageBytesMax: config.KAFKA_MESSAGE_BYTES_MAX,
  });
  return openIngestPath(config, {
    destination: 'log',
    // The log takes one request at a time.
    insertsMax: 1,
    insertInferences: (block) => append('inference', block),
    insertScores: (block) => append('score', block),
    insertContents: (block) => append('content', block),
  });
}
