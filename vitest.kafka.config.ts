import { defineConfig } from 'vitest/config';
import { missingKafka } from './test/support/kafka-suite.ts';

// On one real broker for all files; where there can be none, nothing runs, and `missingKafka` has said why.
const nothingRuns = missingKafka() !== null;

export default defineConfig({
  test: {
    include: ['test/kafka/**/*.test.ts'],
    ...(nothingRuns
      ? { exclude: ['**'], passWithNoTests: true }
      : { globalSetup: ['test/support/kafka-suite.ts'] }),
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
