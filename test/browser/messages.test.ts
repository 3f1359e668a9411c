import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { mailOf } from '../../alerts/message/mail.ts';
import { messageOf } from '../../alerts/message/message.ts';
import { createReceiver } from '../../alerts/receivers/receiver.ts';
import { ReceiverSettings } from '../../alerts/receivers/settings.ts';
import type { Notification } from '../../core/notification.ts';
import { INCIDENT, notification, opened, resolved } from '../support/receivers/notification.ts';
import { SLACK_TOKEN, type SlackStandIn, startSlack } from '../support/receivers/slack.ts';
import { slackPage } from '../support/receivers/slack-page.ts';
import { launchChromium } from './chromium.mjs';

// What people see of a message, drawn by a browser. `PICTURES=docs/pictures` keeps the pictures that the docs show.

const folder = process.env['PICTURES'];
let browser: Browser;
let slack: SlackStandIn;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());
beforeEach(async () => {
  slack = await startSlack();
});
afterEach(() => slack.stop());

async function tell(...told: Notification[]): Promise<void> {
  const { url, channel } = slack;
  const settings = { name: 'team', type: 'slack', token: SLACK_TOKEN, channel, url: `${url}/api` };
  const receiver = createReceiver(ReceiverSettings.parse(settings));
  let handle = null;
  for (const one of told) handle = await receiver.deliver(one, handle, AbortSignal.timeout(10_000));
}

/** Draws a page and tells what a person would trip over; the first element that matches is the picture. */
async function draw(html: string, { name, of }: { name: string; of: string }) {
  const page = await browser.newPage({ viewport: { width: 800, height: 600 }, deviceScaleFactor: 1.5 });
  await page.setContent(html);
  const seen = await page.evaluate(() => ({
    // biome-ignore lint/performance/useDomNodeTextContent: what is seen is the question, lines included.
    text: document.body.innerText,
    isTooWide: document.documentElement.scrollWidth > window.innerWidth,
    scripts: document.querySelectorAll('script, iframe, object').length,
    pictures: [...document.images].map((image) => image.naturalWidth),
  }));
  if (folder && name !== 'hostile') {
    mkdirSync(folder, { recursive: true });
    await page
      .locator(of)
      .first()
      .screenshot({ path: join(folder, `${name}.png`) });
  }
  await page.close();
  return seen;
}

const acknowledged = {
  by: 'Ann',
  at: new Date('2026-11-22T14:31:00Z'),
  comment: 'rolling the prompt back to v11',
};
const acknowledgedOne = notification({ kind: 'acknowledged', sequence: 3, incident: { acknowledged } });

it('shows in Slack what happened, and the trend as a picture', async () => {
  await tell(notification());
  const seen = await draw(slackPage(slack.messages), { name: 'slack-firing', of: 'main' });
  expect(seen.text).toMatch(/Critical: gpt-4 0613: responses are 67\s%\sshorter/);
  expect(seen.text).toContain('638 → 212 characters');
  expect(seen).toMatchObject({ isTooWide: false, pictures: [840] });
});

it('shows in Slack that it is over, and in the thread how it went', async () => {
  const over = resolved(4);
  await tell(opened(), notification({ kind: 'escalated', sequence: 2 }), acknowledgedOne, {
    ...over,
    incident: { ...over.incident, acknowledged },
  });
  const seen = await draw(slackPage(slack.messages), { name: 'slack-resolved', of: 'main' });
  expect(seen.text).toMatch(/Resolved: gpt-4 0613/);
  expect(seen.text).toMatch(/Escalated to critical[\s\S]*Taken on by Ann[\s\S]*Resolved after 2\sh/);
});

it('shows an e-mail', async () => {
  const { html } = mailOf(messageOf(notification()));
  const seen = await draw(html, { name: 'email-firing', of: 'body' });
  expect(seen.text).toContain('638 → 212 characters');
  expect(seen.isTooWide).toBe(false);
});

it('shows hostile texts as texts', async () => {
  const evil = '<script>alert(1)</script><iframe src=x> *bold* <!channel> `code` \u202eevil';
  const told = notification({ incident: { ...INCIDENT, model: evil, rule: evil }, cause: evil, scope: evil });
  await tell(told);
  for (const html of [slackPage(slack.messages), mailOf(messageOf(told)).html]) {
    const seen = await draw(html, { name: 'hostile', of: 'body' });
    expect(seen.scripts).toBe(0);
    expect(seen.text).toContain('<script>alert(1)</script>');
    expect(seen.isTooWide).toBe(false);
  }
});
