import { expect, it } from 'vitest';
import type { ApiKey } from '../../core/api-key.ts';
import { createKeyRing } from './key-ring.ts';

const KEY: ApiKey = {
  id: 'a',
  secretSha256: '',
  project: 'p',
  scopes: ['read'],
  name: '',
  createdAt: new Date(0),
  revokedAt: null,
  limits: { requestsPerSecond: null, bytesPerSecond: null, bodyBytesMax: null },
};

it('knows nothing until it has read once, and keeps what it knows through an outage', async () => {
  let answer: readonly ApiKey[] | null = null;
  const ring = createKeyRing(async () => {
    if (answer === null) throw new Error('down');
    return answer;
  });
  await expect(ring.refresh()).rejects.toThrow('down');
  expect([ring.state, ring.readAt]).toEqual(['unread', null]);
  answer = [];
  await ring.refresh();
  expect(ring.state).toBe('none');
  answer = [KEY];
  await ring.refresh();
  expect([ring.state, ring.find('a')?.project, ring.find('b')]).toEqual(['some', 'p', undefined]);
  answer = null;
  await expect(ring.refresh()).rejects.toThrow('down');
  expect([ring.state, ring.find('a')?.project]).toEqual(['some', 'p']);
  answer = [{ ...KEY, revokedAt: new Date(1) }];
  await ring.refresh();
  expect([ring.state, ring.find('a')?.revokedAt]).toEqual(['some', new Date(1)]);
});
