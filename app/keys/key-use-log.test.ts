import { expect, it } from 'vitest';
import type { KeyUseRow } from '../../sql/queries/key-uses.ts';
import type { KeyUse } from '../http/access.ts';
import { createKeyUseLog } from './key-use-log.ts';

const AT = new Date('2026-11-22T10:00:30.000Z');
const LATER = new Date('2026-11-22T10:01:10.000Z');
const use = (fields: Partial<KeyUse> = {}): KeyUse => ({
  keyId: 'k',
  route: 'POST /v1/inferences',
  status: 200,
  refusal: '',
  address: '10.0.0.1',
  ...fields,
});

function logInto(writes: KeyUseRow[][]) {
  return createKeyUseLog({
    process: 'p',
    write: async (rows) => {
      writes.push([...rows]);
    },
  });
}

it('counts by minute, key, route, class of status and address, and counts up within the minute', async () => {
  const writes: KeyUseRow[][] = [];
  const log = logInto(writes);
  log.record(use(), AT);
  log.record(use({ status: 204 }), new Date(AT.getTime() + 1));
  log.record(use({ status: 404 }), AT);
  log.record(use({ address: '10.0.0.2' }), AT);
  await log.flush(AT);
  log.record(use(), new Date(AT.getTime() + 2));
  await log.flush(AT);
  log.record(use(), LATER);
  await log.flush(LATER);
  await log.flush(LATER);
  expect(
    writes.map((rows) => rows.map(({ status, address, uses }) => `${status} ${address} ${uses}`)),
  ).toEqual([['2xx 10.0.0.1 2', '4xx 10.0.0.1 1', '2xx 10.0.0.2 1'], ['2xx 10.0.0.1 3'], ['2xx 10.0.0.1 1']]);
  expect(writes[1]?.[0]).toMatchObject({
    minute: new Date('2026-11-22T10:00:00.000Z'),
    lastAt: new Date(AT.getTime() + 2),
    process: 'p',
  });
});

it('loses nothing to a write that fails, nor to a use during one', async () => {
  let fails = true;
  const written: KeyUseRow[] = [];
  const log = createKeyUseLog({
    process: 'p',
    write: async (rows) => {
      log.record(use(), AT);
      if (fails) throw new Error('down');
      written.push(...rows);
    },
  });
  log.record(use(), AT);
  await expect(log.flush(LATER)).rejects.toThrow('down');
  fails = false;
  await log.flush(LATER);
  await log.flush(LATER);
  // Two before the second write, one more before the third, which replaces it.
  expect(written.map(({ uses }) => uses)).toEqual([2, 3]);
});

it('is bounded: addresses first stop being told apart, then uses are counted as dropped', async () => {
  const writes: KeyUseRow[][] = [];
  const log = logInto(writes);
  for (let index = 0; index < 10_500; index++) log.record(use({ keyId: '', address: `a${index}` }), AT);
  expect(log.dropped).toBe(0);
  for (let index = 0; index < 10_500; index++) log.record(use({ keyId: `k${index}`, address: 'b' }), AT);
  await log.flush(AT);
  const rows = writes[0] ?? [];
  expect(rows.length).toBe(20_000);
  expect(rows.find(({ keyId, address }) => keyId === '' && address === '(other)')?.uses).toBe(500);
  expect(log.dropped).toBe(501);
  expect(rows.reduce((sum, { uses }) => sum + uses, 0) + log.dropped).toBe(21_000);
});
