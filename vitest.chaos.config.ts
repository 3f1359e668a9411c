import { defineConfig } from 'vitest/config';
import { missingBroker } from './test/support/kafka-suite.ts';

// A broker that may be killed, so it is never one that KAFKA_BROKERS names; where there can be none, nothing runs, and
// `missingBroker` has said why.
const nothingRuns = missingBroker() !== null;

export default defineConfig({
  test: {
    include: ['test/chaos/**/*.test.ts'],
    ...(nothingRuns ? { exclude: ['**'], passWithNoTests: true } : {}),
    pool: 'forks',
    fileParallelism: false,
    // What a scenario printed is the result, next to passed or failed.
    disableConsoleIntercept: true,
    testTimeout: 3_600_000,
    hookTimeout: 300_000,
  },
});
