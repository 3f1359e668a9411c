import { defineConfig } from 'vitest/config';

// Suites that kill processes, fill queues and watch memory: one file at a time, so that they do not share the cores.
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
