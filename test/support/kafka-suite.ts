import type { TestProject } from 'vitest/node';
import { startKafka } from './kafka-broker.mjs';
import { kafkaUnavailable } from './kafka-jars.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Addresses of the broker that the whole suite shares: give topics and groups names of their own, and leave it running. */
    kafkaBrokers: string[];
  }
}

/**
 * Why the suite has no broker, printed too; null when KAFKA_BROKERS names one or one can be started.
 *
 * @throws Error in CI, where a suite that does not run must not look like one that passed
 */
export function missingKafka(): string | null {
  return process.env['KAFKA_BROKERS'] ? null : missingBroker(' Or set KAFKA_BROKERS=host:port.');
}

/** The same where the broker has to be our own. @param mend what else would help */
export function missingBroker(mend = ''): string | null {
  const reason = kafkaUnavailable();
  if (reason === null) return null;
  const text = `the tests on Kafka cannot run: ${reason}.${mend}`;
  if (process.env['CI']) throw new Error(text);
  console.warn(text);
  return reason;
}

/** Vitest's global setup: one broker, unless KAFKA_BROKERS names one that runs already. Tests read `inject('kafkaBrokers')`. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const named = process.env['KAFKA_BROKERS'];
  if (named) {
    project.provide('kafkaBrokers', named.split(','));
    return undefined;
  }
  const broker = await startKafka();
  project.provide('kafkaBrokers', broker.brokers);
  return () => broker.stop();
}
