import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Forks, not threads: the embedded engine binds one data directory per process.
export default defineConfig({
  test: {
    include: ['{core,sdk,ingest,analyzers,alerts,dashboards,sql,app}/**/*.test.ts', 'test/*.test.ts'],
    pool: 'forks',
    // Two at once also where there are two cores: most tests wait for a process or an engine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // The JSON is what .ci/run counts.
    reporters: ['default', ['json', { outputFile: '.reports/unit.json' }]],
  },
});
