import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Receiver } from '../../core/notification.ts';
import { notification, resolved } from '../../test/support/receivers/notification.ts';
import { type SmtpStandIn, startSmtp } from '../../test/support/receivers/smtp.ts';
import { createReceiver } from './receiver.ts';
import { ReceiverSettings } from './settings.ts';

let smtp: SmtpStandIn;
beforeEach(async () => {
  smtp = await startSmtp();
});
afterEach(() => smtp.stop());

const receiverTo = (...to: string[]): Receiver => receiverAt(smtp.url, to);
const receiverAt = (url: string, to: string[]): Receiver =>
  createReceiver(
    ReceiverSettings.parse({
      name: 'mail',
      type: 'email',
      smtp: url,
      from: 'Plumbline <plumbline@example.com>',
      to,
    }),
  );
const signal = (): AbortSignal => AbortSignal.timeout(5_000);

it('makes an incident one conversation', async () => {
  const receiver = receiverTo('team@example.com', 'Ann <ann@example.com>');
  const handle = await receiver.deliver(notification(), null, signal());
  const again = await receiver.deliver(notification({ kind: 'reminder', sequence: 2 }), handle, signal());
  await receiver.deliver(resolved(3), again, signal());
  const [first, second, third] = smtp.mails.map(({ headers }) => headers);
  const root = first!.get('message-id')!;
  expect(root).toMatch(/^<plumbline\.[0-9a-f]{32}@example\.com>$/);
  for (const headers of [second!, third!]) {
    expect(headers.get('in-reply-to')).toBe(root);
    expect(headers.get('references')).toBe(root);
    expect(headers.get('subject')).toBe(`Re: ${first!.get('subject')}`);
    expect(headers.get('message-id')).not.toBe(root);
  }
  expect(smtp.mails[2]!.text).toMatch(/^Resolved after 2\u202fh; now 637 characters\.\r?\n/);
  expect(smtp.mails[2]!.html).toContain('Resolved');
  expect(smtp.mails[0]!.to).toEqual(['team@example.com', 'ann@example.com']);
});

it('lets nothing of an incident become a header', async () => {
  const evil = 'x\r\nBcc: all@example.com\r\nX-Evil: 1\r\n\r\nbody';
  const told = notification({ incident: { model: evil, id: evil, rule: evil }, cause: evil, scope: evil });
  await receiverTo('team@example.com').deliver(told, null, signal());
  const [mail] = smtp.mails;
  expect(mail!.to).toEqual(['team@example.com']);
  expect([...mail!.headers.keys()]).not.toContain('bcc');
  expect([...mail!.headers.keys()]).not.toContain('x-evil');
  expect(mail!.headers.get('subject')).toContain('Bcc: all@example.com');
});

it('says which mailbox is not known, as permanent', async () => {
  const told = receiverTo('gone@nowhere.example').deliver(notification(), null, signal());
  await expect(told).rejects.toMatchObject({
    isPermanent: true,
    message: expect.stringMatching(/No such user.*`to`/),
  });
});

it('gives no password to a server that offers no TLS, where that is asked for', async () => {
  const receiver = receiverAt(`${smtp.url}?requireTLS=true`, ['team@example.com']);
  const told = receiver.deliver(notification(), null, signal());
  await expect(told).rejects.toMatchObject({
    isPermanent: true,
    message: expect.stringContaining('smtps://'),
  });
  expect(smtp.mails).toEqual([]);
});

it('asks for TLS by itself unless the server is this machine', async () => {
  // The same server by an address that leads there as well, and is not known as this machine’s own.
  const url = smtp.url.replace('127.0.0.1', '0.0.0.0');
  const told = receiverAt(url, ['team@example.com']).deliver(notification(), null, signal());
  await expect(told).rejects.toThrow('TLS');
});
