import type { Receiver } from '../../core/notification.ts';
import { createAlertmanager } from './alertmanager.ts';
import { createEmail } from './email.ts';
import { createGrafana } from './grafana.ts';
import { createPagerDuty } from './pagerduty.ts';
import type { ReceiverSettings } from './settings.ts';
import { createSlack } from './slack.ts';
import { createSlackWebhook } from './slack-webhook.ts';
import { createWebhook } from './webhook.ts';

/** The receiver that settings describe. Speaks to nobody before its first delivery. */
export function createReceiver(settings: ReceiverSettings): Receiver {
  switch (settings.type) {
    case 'slack':
      return createSlack(settings);
    case 'slack_webhook':
      return createSlackWebhook(settings);
    case 'grafana':
      return createGrafana(settings);
    case 'webhook':
      return createWebhook(settings);
    case 'pagerduty':
      return createPagerDuty(settings);
    case 'alertmanager':
      return createAlertmanager(settings);
    case 'email':
      return createEmail(settings);
  }
}
