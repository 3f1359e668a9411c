import type { NotificationKind, Receiver } from '../../core/notification.ts';
import { messageOf } from '../message/message.ts';
import { slackMessage } from '../message/slack-message.ts';
import { createCaller, expectSuccess, notUnderstood, pathSecrets, type ReceiverOptions } from './http.ts';
import type { ReceiverSettings } from './settings.ts';

type SlackWebhookSettings = Extract<ReceiverSettings, { type: 'slack_webhook' }>;

const NEW_ADDRESS = 'make a new incoming webhook for the channel and put its address into `url`';
const MENDS = {
  400: 'the address is not a whole one, or the message was refused; check `url`',
  403: 'an administrator of the workspace does not let webhooks post there; ask them',
  404: `the webhook or its channel is gone; ${NEW_ADDRESS}`,
  410: `the channel is archived; ${NEW_ADDRESS}`,
} as const;

/**
 * A Slack channel by an incoming webhook: a message each time, since this way in gives back nothing by which a message could be
 * changed. The incident's id at its foot ties them together.
 */
export function createSlackWebhook(settings: SlackWebhookSettings, options: ReceiverOptions = {}): Receiver {
  const address = settings.url.reveal();
  const secrets = [settings.url, ...pathSecrets(address)];
  const caller = createCaller({ who: 'Slack’s webhook', secrets }, options);
  return {
    name: settings.name,
    type: settings.type,
    // Slack takes about one message a second.
    paceMs: 1_100,
    kinds: new Set<NotificationKind>(['firing', 'escalated', 'reminder', 'acknowledged', 'resolved']),
    async deliver(notification, handle, signal) {
      const answer = await caller.call({
        url: address,
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(slackMessage(messageOf(notification))),
        signal,
      });
      expectSuccess(caller, answer, MENDS);
      if (answer.text.trim() !== 'ok') throw notUnderstood(caller, answer);
      return handle ?? {};
    },
  };
}
