import { describe, expect, it } from 'vitest';
import { Secret } from '../../core/secret.ts';
import { ALERTMANAGER_TOKEN, startAlertmanager } from '../../test/support/receivers/alertmanager.ts';
import { GRAFANA_TOKEN, startGrafana } from '../../test/support/receivers/grafana.ts';
import { INCIDENT, notification, resolved } from '../../test/support/receivers/notification.ts';
import { ROUTING_KEY, startPagerDuty } from '../../test/support/receivers/pagerduty.ts';
import { createAlertmanager } from './alertmanager.ts';
import { createGrafana } from './grafana.ts';
import { retryAfterMs } from './http.ts';
import { createPagerDuty } from './pagerduty.ts';
import { ReceiverSettings } from './settings.ts';

const signal = (): AbortSignal => AbortSignal.timeout(5_000);
const HUGE = 'x:y,<b>🟥'.repeat(2_000);
const LABELS = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`label ${index}`, HUGE]));
const huge = () =>
  notification({
    incident: { model: HUGE, rule: HUGE, project: HUGE },
    labels: LABELS,
    cause: HUGE,
    scope: HUGE,
  });

describe('grafana', () => {
  it('draws one region, from the start of the change to its end', async () => {
    const standIn = await startGrafana();
    const receiver = createGrafana({
      name: 'g',
      type: 'grafana',
      url: `${standIn.url}/`,
      token: new Secret(GRAFANA_TOKEN),
    });
    const handle = await receiver.deliver(notification(), null, signal());
    expect(standIn.annotations).toMatchObject([
      {
        time: INCIDENT.since.getTime(),
        timeEnd: INCIDENT.seenAt.getTime(),
        tags: [
          'plumbline',
          'severity:critical',
          'model:gpt-4',
          'rule:length-changed',
          `incident:${INCIDENT.id}`,
          'open',
        ],
      },
    ]);
    const over = resolved(2);
    await receiver.deliver(over, handle, signal());
    expect(standIn.annotations).toMatchObject([{ timeEnd: over.incident.closedAt!.getTime() }]);
    // Deleted by hand in between: it is drawn anew, once.
    standIn.annotations.length = 0;
    await receiver.deliver(over, handle, signal());
    expect(standIn.annotations).toHaveLength(1);
    await receiver.deliver(huge(), null, signal());
    await standIn.stop();
  });
});

describe('pagerduty', () => {
  it('triggers, acknowledges and resolves one alert, and keeps the limits', async () => {
    const standIn = await startPagerDuty();
    const settings = {
      name: 'p',
      type: 'pagerduty',
      url: standIn.url,
      routing_key: new Secret(ROUTING_KEY),
    } as const;
    const receiver = createPagerDuty(settings);
    const acknowledged = { by: 'Ann', at: INCIDENT.since, comment: '' };
    await receiver.deliver(notification(), null, signal());
    await receiver.deliver(
      notification({ kind: 'acknowledged', incident: { acknowledged } }),
      null,
      signal(),
    );
    expect(standIn.alerts.get(INCIDENT.id)?.status).toBe('acknowledged');
    await receiver.deliver(resolved(3), null, signal());
    expect([...standIn.alerts]).toEqual([
      [INCIDENT.id, { status: 'resolved', severity: 'critical', events: 3 }],
    ]);
    await receiver.deliver(huge(), null, signal());
    await standIn.stop();
  });
});

describe('alertmanager', () => {
  it('keeps an alert standing while it is told of it, and ends it at the close', async () => {
    const standIn = await startAlertmanager();
    const settings = {
      name: 'a',
      type: 'alertmanager',
      url: standIn.url,
      token: new Secret(ALERTMANAGER_TOKEN),
    } as const;
    let now = new Date('2026-11-22T14:30:00Z');
    const receiver = createAlertmanager(settings, { now: () => now });
    const only = () => [...standIn.alerts.values()][0]!;
    let handle = await receiver.deliver(notification(), null, signal());
    expect(only().startsAt).toEqual(INCIDENT.since);
    expect(only().endsAt.getTime() - now.getTime()).toBeGreaterThan(2 * receiver.refreshMs!);
    expect(only().labels).toMatchObject({
      alertname: 'length-changed',
      team: 'search',
      severity: 'critical',
      model: 'gpt-4',
    });
    expect(only().annotations['runbook_url']).toMatch(/^https:/);
    now = new Date('2026-11-22T14:50:00Z');
    handle = await receiver.deliver(notification({ kind: 'changed', sequence: 2 }), handle, signal());
    expect(only().endsAt.getTime()).toBeGreaterThan(now.getTime());
    now = new Date('2026-11-22T16:30:00Z');
    await receiver.deliver(resolved(3), handle, signal());
    expect(only().endsAt).toEqual(resolved(3).incident.closedAt);
    expect(standIn.alerts.size).toBe(1);
    await receiver.deliver(huge(), null, signal());
    await standIn.stop();
  });

  it('lets no label of a rule stand for that of an incident', async () => {
    const standIn = await startAlertmanager();
    const receiver = createAlertmanager({
      name: 'a',
      type: 'alertmanager',
      url: standIn.url,
      token: new Secret(ALERTMANAGER_TOKEN),
    });
    await receiver.deliver(
      notification({ labels: { incident: 'another', 'team-name': 'x', '0': 'y', empty: '' } }),
      null,
      signal(),
    );
    const [alert] = standIn.alerts.values();
    expect(alert!.labels).toMatchObject({ incident: INCIDENT.id, team_name: 'x', _0: 'y' });
    expect(alert!.labels).not.toHaveProperty('empty');
    await standIn.stop();
  });
});

describe('Retry-After', () => {
  it.each([
    ['30', 30_000],
    ['0', 0],
    ['999999', 3_600_000],
    ['soon', null],
    [null, null],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
  ])('%s is %s ms', (retryAfter, ms) => {
    expect(retryAfterMs({ retryAfter })).toBe(ms);
  });
});

describe('settings', () => {
  const problemOf = (settings: object): string => {
    const result = ReceiverSettings.safeParse({ name: 'x', ...settings });
    return result.success ? '' : JSON.stringify(result.error.issues);
  };

  it.each([
    [{ type: 'slack', token: 'xoxb secret', channel: 'C1' }, 'expected a token'],
    [{ type: 'slack_webhook', url: 'hooks.slack.com/secret' }, 'expected an address'],
    [{ type: 'webhook', url: 'ftp://example.com', secret: 'long enough for it' }, 'expected an address'],
    [{ type: 'webhook', url: 'https://example.com', secret: 'secret' }, '16'],
    [
      { type: 'webhook', url: 'https://example.com', secret: 'long enough for it', allow: ['10.0.0.0/99'] },
      'expected a network',
    ],
    [{ type: 'email', smtp: 'mail.example.com', from: 'a@b', to: ['c@d'] }, 'smtps://'],
    [
      { type: 'email', smtp: 'smtp://mail', from: 'a@b', to: ['c@d\r\nBcc: e@f'] },
      'expected an e-mail address',
    ],
  ])('say what is wrong with %o, and not the secret', (settings, words) => {
    const problem = problemOf(settings);
    expect(problem).toContain(words);
    expect(problem).not.toContain('xoxb secret');
  });

  it('take a token with the line’s end that was copied along', () => {
    const { token } = ReceiverSettings.parse({
      name: 'x',
      type: 'slack',
      token: 'xoxb-1\n',
      channel: 'C1',
    }) as { token: Secret };
    expect(token.reveal()).toBe('xoxb-1');
  });
});
