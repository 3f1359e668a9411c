import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../core/config.ts';
import { type Keep, redactionSetup } from './redaction.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-redaction-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const SECRET = 'a secret of the tests';

describe('the key of the hashes', () => {
  it('is made once and kept beside the data, for its owner alone', () => {
    const config = parseConfig({ DATA_DIR: join(folder, 'data') });
    const first = redactionSetup(config, 'stored');
    expect(first?.key).toMatch(/^[0-9a-f]{64}$/);
    expect(redactionSetup(config, 'stored')).toEqual(first);
    const path = join(folder, 'data', 'redaction.key');
    expect(readFileSync(path, 'utf8')).toBe(`${first?.key}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is not kept for what is only measured', () => {
    const config = parseConfig({ DATA_DIR: join(folder, 'none') });
    expect(redactionSetup(config, 'passing')?.key).not.toBe(redactionSetup(config, 'passing')?.key);
    expect(() => statSync(join(folder, 'none'))).toThrow('ENOENT');
  });

  it('is the secret, where one is set', () => {
    const config = parseConfig({ DATA_DIR: join(folder, 'none'), REDACTION_SECRET: SECRET });
    expect(redactionSetup(config, 'stored')?.key).toBe(SECRET);
    expect(JSON.stringify(config)).not.toContain(SECRET);
  });

  it('has to be set where several processes must have the same', () => {
    const KAFKA_BROKERS = 'kafka:9092';
    const keyIn = (settings: Record<string, string>, keep: Keep = 'stored') =>
      redactionSetup(parseConfig({ KAFKA_BROKERS, DATA_DIR: join(folder, 'none'), ...settings }), keep)?.key;
    expect(() => keyIn({})).toThrow(/REDACTION_SECRET: expected a secret that every ingest process has/);
    expect(keyIn({ REDACTION_SECRET: SECRET })).toBe(SECRET);
    expect(keyIn({ REDACT: 'off' })).toBeUndefined();
    // What is on the log was redacted before: a writer needs no key.
    expect(keyIn({}, 'redacted')).toBeUndefined();
    expect(() => parseConfig({ REDACTION_SECRET: 'short' })).toThrow(
      /REDACTION_SECRET: expected at least 16/,
    );
  });
});

describe('the policy', () => {
  it('is that of the file, and its faults are told with the name of the file', () => {
    const file = join(folder, 'redaction.yaml');
    writeFileSync(file, 'actions:\n  email: drop\n');
    const config = parseConfig({ REDACTION_FILE: file });
    expect(redactionSetup(config, 'passing')?.actions).toEqual({ email: 'drop' });
    writeFileSync(file, 'actions:\n  email: hide\n');
    expect(() => redactionSetup(config, 'passing')).toThrow(`${file}:2:10: `);
    const missing = parseConfig({ REDACTION_FILE: join(folder, 'missing.yaml') });
    expect(() => redactionSetup(missing, 'passing')).toThrow('REDACTION_FILE: cannot read');
  });

  it('is none when redaction is off, which does not go with a file', () => {
    expect(redactionSetup(parseConfig({ REDACT: 'off' }), 'stored')).toBeNull();
    expect(() => parseConfig({ REDACT: 'off', REDACTION_FILE: 'x.yaml' })).toThrow(/REDACT: expected on/);
  });
});
