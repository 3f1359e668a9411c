import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Notification, Receiver, ReceiverHandle } from '../../core/notification.ts';
import { INCIDENT, notification, resolved } from '../../test/support/receivers/notification.ts';
import { SLACK_TOKEN, type SlackStandIn, startSlack } from '../../test/support/receivers/slack.ts';
import { createReceiver } from './receiver.ts';
import { ReceiverSettings } from './settings.ts';

let slack: SlackStandIn;
let receiver: Receiver;

const receiverFor = (channel: string): Receiver =>
  createReceiver(
    ReceiverSettings.parse({
      name: 'team',
      type: 'slack',
      token: SLACK_TOKEN,
      channel,
      url: `${slack.url}/api`,
    }),
  );

beforeEach(async () => {
  slack = await startSlack();
  receiver = receiverFor(slack.channel);
});
afterEach(() => slack.stop());

const deliver = (told: Notification, handle: ReceiverHandle | null = null): Promise<ReceiverHandle> =>
  receiver.deliver(told, handle, AbortSignal.timeout(5_000));
const root = () => slack.messages.filter(({ thread }) => thread === undefined);
const thread = () => slack.messages.filter(({ thread: of, png }) => of !== undefined && !png);
const shown = (blocks: unknown): string => JSON.stringify(blocks);

it('keeps one message up to date, and says in its thread what is new', async () => {
  let handle = await deliver(notification({ incident: { severity: 'warning' } }));
  handle = await deliver(notification({ kind: 'escalated', sequence: 2 }), handle);
  handle = await deliver(notification({ kind: 'reminder', sequence: 3 }), handle);
  const acknowledged = { by: 'Ann', at: INCIDENT.since, comment: 'looking' };
  handle = await deliver(
    notification({ kind: 'acknowledged', sequence: 4, incident: { acknowledged } }),
    handle,
  );
  await deliver(resolved(5), handle);
  expect(root()).toHaveLength(1);
  expect(root()[0]).toMatchObject({ edits: 4, text: expect.stringContaining('Resolved') });
  expect(thread().map(({ blocks, isBroadcast }) => [shown(blocks), isBroadcast])).toEqual([
    [expect.stringContaining('Escalated to critical'), true],
    [expect.stringContaining('Still open after'), false],
    [expect.stringContaining('Taken on by Ann'), false],
    [expect.stringContaining('Resolved after 2'), false],
  ]);
});

it('changes numbers without a word in the thread, but tells there that nothing can be measured any more', async () => {
  let handle = await deliver(notification());
  handle = await deliver(notification({ kind: 'changed', sequence: 2, incident: { after: 150 } }), handle);
  expect(thread()).toEqual([]);
  expect(shown(root()[0]!.blocks)).toContain('638 → 150 characters');
  handle = await deliver(
    notification({ kind: 'changed', sequence: 3, incident: { condition: 'no_data' } }),
    handle,
  );
  await deliver(notification({ kind: 'changed', sequence: 4, incident: { condition: 'no_data' } }), handle);
  expect(thread().map(({ text }) => text)).toEqual([expect.stringContaining('No inferences since')]);
});

it('posts anew where the message is gone', async () => {
  const handle = await deliver(notification());
  slack.messages.length = 0;
  const next = await deliver(notification({ kind: 'escalated', sequence: 2 }), handle);
  expect(root()).toHaveLength(1);
  expect(next['ts']).toBe(root()[0]!.ts);
});

it('adds the trend as a picture in the thread, and stops asking where the token does not allow it', async () => {
  await deliver(notification());
  expect(slack.messages.map(({ thread: of, png }) => [of !== undefined, png !== undefined])).toEqual([
    [false, false],
    [true, true],
  ]);
  slack.scopes.delete('files:write');
  slack.received.length = 0;
  for (const id of ['b', 'c']) await deliver(notification({ incident: { id } }));
  expect(slack.methods()).toEqual(['chat.postMessage', 'files.getUploadURLExternal', 'chat.postMessage']);
});

it('does not fail when the picture does', async () => {
  slack.refusals.set('files.completeUploadExternal', 'internal_error');
  const handle = await deliver(notification());
  expect(handle['ts']).toBe(root()[0]!.ts);
});

it('says an answer in the thread once, although its first attempt was cut off', async () => {
  const handle = await deliver(notification());
  const told = notification({ kind: 'reminder', sequence: 2 });
  slack.faults.push('lost_answer');
  await expect(deliver(told, handle)).rejects.toThrow('Slack');
  await deliver(told, handle);
  expect(thread()).toHaveLength(1);
  // The edit succeeds, and the answer in the thread is the one that is cut off.
  const next = notification({ kind: 'reminder', sequence: 3 });
  const stop = slack.received.length;
  const first = deliver(next, handle);
  while (slack.received.length === stop) await new Promise((resolve) => setImmediate(resolve));
  slack.faults.push('lost_answer');
  await expect(first).rejects.toThrow('Slack');
  await deliver(next, handle);
  expect(thread()).toHaveLength(2);
});

it('finds its message again after an answer that was lost', async () => {
  slack.faults.push('lost_answer');
  await expect(deliver(notification())).rejects.toThrow('Slack');
  const handle = await deliver(notification());
  expect(root().map(({ ts }) => ts)).toEqual([handle['ts']]);
});

it('posts twice rather than not at all where it may not read the channel', async () => {
  slack.scopes.delete('channels:history');
  slack.faults.push('lost_answer');
  await expect(deliver(notification())).rejects.toThrow('Slack');
  await deliver(notification());
  const ids = root().map(({ metadata }) => metadata?.event_payload.notification_id);
  expect(ids).toEqual([notification().id, notification().id]);
});

it.each([
  ['is_archived', /unarchive/],
  ['channel_not_found', /`channel`/],
  ['token_revoked', /xoxb/],
  ['restricted_action', /administrator/],
])('names the mend of %s', async (code, mend) => {
  slack.refusals.set('chat.postMessage', code);
  await expect(deliver(notification())).rejects.toMatchObject({
    isPermanent: true,
    message: expect.stringMatching(mend),
  });
});

it('asks for the scope that is missing, by its name', async () => {
  slack.scopes.clear();
  await expect(deliver(notification())).rejects.toThrow('give the app the scope chat:write');
});

it('tries again after trouble of Slack’s own', async () => {
  slack.refusals.set('chat.postMessage', 'internal_error');
  await expect(deliver(notification())).rejects.toMatchObject({ isPermanent: false });
});
