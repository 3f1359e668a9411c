import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../core/package-root.ts';
import { settings, settingsPage, settingsWithDefault } from './support/settings-page.ts';

it('reads every setting of the schema from its source', () => {
  const names = settings().map(({ name }) => name);
  expect(settingsWithDefault().filter((name) => !names.includes(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

it('shows a default as it would be written', () => {
  const shown = Object.fromEntries(settings().map(({ name, fallback }) => [name, fallback]));
  expect(shown).toMatchObject({
    BODY_BYTES_MAX: '64MiB',
    COMMIT_WAIT_MS: '50ms',
    TIMESTAMP_AHEAD_MAX: '1d',
    WINDOW: '5m',
    KAFKA_OTLP_TRACES_TOPIC: 'otlp_spans',
    KAFKA_BROKERS: '',
    CLICKHOUSE_PASSWORD: '',
  });
});

it('has them all, with default and reason, on one page', async () => {
  await expect(settingsPage()).toMatchFileSnapshot(join(packageRoot, 'docs/settings.md'));
});
