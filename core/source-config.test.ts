import { expect, it } from 'vitest';
import { parseConfig } from './config.ts';

it('opens no source unless asked, and then to this machine alone', () => {
  expect(parseConfig({}).SOURCE_PORT).toBeUndefined();
  expect(parseConfig({ SOURCE_PORT: '8123' })).toMatchObject({ SOURCE_PORT: 8123, SOURCE_HOST: '127.0.0.1' });
});

it('asks for a password where other machines may connect', () => {
  const open = { SOURCE_PORT: '8123', SOURCE_HOST: '0.0.0.0' };
  expect(() => parseConfig(open)).toThrow(/SOURCE_PASSWORD: expected one/);
  const { SOURCE_PASSWORD } = parseConfig({ ...open, SOURCE_PASSWORD: 'a' });
  expect([SOURCE_PASSWORD.reveal(), String(SOURCE_PASSWORD)]).toEqual(['a', '[redacted]']);
});

it('says where Grafana reads from when the store is a server', () => {
  expect(() => parseConfig({ SOURCE_PORT: '8123', CLICKHOUSE_URL: 'http://clickhouse:8123' })).toThrow(
    /SOURCE_PORT: expected none with CLICKHOUSE_URL/,
  );
});
