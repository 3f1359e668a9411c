import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../core/secret.ts';
import { notification } from '../../test/support/receivers/notification.ts';
import { startWebhook, WEBHOOK_SECRET, type WebhookStandIn } from '../../test/support/receivers/webhook.ts';
import { createAddressGuard } from './address-guard.ts';
import { createWebhook, type WebhookOptions } from './webhook.ts';

let standIn: WebhookStandIn;
beforeEach(async () => {
  standIn = await startWebhook();
});
afterEach(() => standIn.stop());

const deliver = (
  url: string,
  { allow = [] as string[], ...options }: WebhookOptions & { allow?: string[] } = {},
) =>
  createWebhook(
    { name: 'own', type: 'webhook', url, secret: new Secret(WEBHOOK_SECRET), allow },
    options,
  ).deliver(notification(), null, AbortSignal.timeout(5_000));
/** Resolves every name to these, the next time to the next ones. */
const resolving = (
  ...answers: string[][]
): { resolve: NonNullable<WebhookOptions['resolve']>; count: () => number } => {
  let count = 0;
  const resolve = (_: string, __: object, callback: (error: null, addresses: object[]) => void): void => {
    const addresses = answers[Math.min(count++, answers.length - 1)] ?? [];
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { resolve: resolve as never, count: () => count };
};

describe('the address guard', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.100.100.200',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '[ff02::1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fec0::1]',
  ])('does not call http://%s/', async (host) => {
    await expect(deliver(`http://${host}:${standIn.port}/`)).rejects.toMatchObject({
      isPermanent: true,
      message: expect.stringContaining('`allow`'),
    });
    expect(standIn.received).toEqual([]);
  });

  it.each(['8.8.8.8', '[2606:4700::1111]', '1.1.1.1'])('lets the public address %s pass', (host) => {
    expect(createAddressGuard([]).checkHost(host)).toBe(null);
  });

  it('refuses a name if only one of its addresses is inside', async () => {
    const { resolve } = resolving(['93.184.216.34', '127.0.0.1']);
    await expect(deliver(`http://name.example:${standIn.port}/`, { resolve })).rejects.toMatchObject({
      isPermanent: true,
    });
    expect(standIn.received).toEqual([]);
  });

  it('connects to the address that it has checked, and does not ask for it again', async () => {
    const { resolve, count } = resolving(['127.0.0.2'], ['127.0.0.1']);
    // Nobody listens at the first one: had the name been resolved again, the call would have arrived.
    const url = `http://name.example:${standIn.port}/`;
    await expect(deliver(url, { resolve, allow: ['127.0.0.2'] })).rejects.toMatchObject({
      isPermanent: false,
    });
    expect(count()).toBe(1);
    expect(standIn.received).toEqual([]);
    await deliver(url, { ...resolving(['127.0.0.1']), allow: ['127.0.0.1/32'] });
    expect(standIn.bodies).toHaveLength(1);
  });

  it('lets a host pass whose name is allowed, and no other', async () => {
    const { resolve } = resolving(['127.0.0.1']);
    await deliver(`http://hooks.internal:${standIn.port}/`, { resolve, allow: ['hooks.internal'] });
    expect(standIn.bodies).toHaveLength(1);
    const other = deliver(`http://other.internal:${standIn.port}/`, { resolve, allow: ['hooks.internal'] });
    await expect(other).rejects.toMatchObject({ isPermanent: true });
  });
});

it('follows no redirect', async () => {
  const door = createServer((_, response) => response.writeHead(302, { location: `${standIn.url}/` }).end());
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}/`;
  await expect(deliver(url, { allow: ['127.0.0.1'] })).rejects.toMatchObject({ isPermanent: true });
  expect(standIn.received).toEqual([]);
  door.close();
});

it('reads no more of an answer than it needs', async () => {
  const door = createServer((_, response) => {
    response.writeHead(500);
    const pour = (): void => void (response.write('x'.repeat(65_536)) && setImmediate(pour));
    response.on('drain', pour);
    pour();
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}/`;
  await expect(deliver(url, { allow: ['127.0.0.1'] })).rejects.toMatchObject({
    isPermanent: false,
    message: expect.stringMatching(/^.{0,300}$/),
  });
  door.closeAllConnections();
  door.close();
});

it('is refused by who checks the time, when it is sent again later', async () => {
  const now = () => new Date(Date.now() - 3_600_000);
  await expect(deliver(standIn.url, { allow: ['127.0.0.1'], now })).rejects.toThrow('401');
});

it('says what the documented body says, and no prompt or response', async () => {
  await deliver(standIn.url, { allow: ['127.0.0.1'] });
  const { histograms, ...body } = JSON.parse(standIn.received[0]!.body.toString());
  expect(histograms).toBeUndefined();
  expect(Object.keys(body).sort()).toEqual(
    [
      'version',
      'id',
      'receiver',
      'kind',
      'status',
      'sequence',
      'at',
      'severity',
      'labels',
      'title',
      'news',
      'facts',
      'notes',
      'changedWithIt',
      'incident',
      'links',
      'trend',
      'scope',
      'cause',
      'reopenings',
      'repeatMs',
    ].sort(),
  );
});
