import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../core/package-root.ts';
import { notification } from '../../test/support/receivers/notification.ts';
import { startWebhook, WEBHOOK_SECRET } from '../../test/support/receivers/webhook.ts';
import { createReceiver } from './receiver.ts';
import { RECEIVER_SCHEMAS, ReceiverSettings } from './settings.ts';

// docs/receivers.md says what is so.

const page = readFileSync(join(packageRoot, 'docs/receivers.md'), 'utf8');
const blocks = (tag: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${tag}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, body]) => body ?? '');

const ENVIRONMENT: Readonly<Record<string, string>> = {
  SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T/B/x',
  SMTP_URL: 'smtps://plumbline:p%40ss@mail.example.com:465',
};

const shown: ReceiverSettings[] = blocks('yaml').flatMap((block) => {
  const text = block.replace(
    /\$\{(\w+)\}/g,
    (_, name: string) => ENVIRONMENT[name] ?? 'a-secret-of-32-characters-length',
  );
  return (parse(text) as { receivers: object[] }).receivers.map((one) => ReceiverSettings.parse(one));
});

it('shows settings of every type, and they are taken', () => {
  expect(shown.map(({ type }) => type).sort()).toEqual(Object.keys(RECEIVER_SCHEMAS).sort());
  for (const settings of shown) expect(createReceiver(settings)).toMatchObject({ type: settings.type });
});

it('tells truly which kinds each receiver takes', () => {
  const columns = [
    ['firing', 'escalated'],
    ['changed'],
    ['reminder'],
    ['acknowledged'],
    ['resolved'],
  ] as const;
  for (const one of shown) {
    const row = new RegExp(`^\\| \`${one.type}\` \\|(.*)\\|$`, 'm').exec(page)?.[1]?.split('|') ?? [];
    const told = columns.flatMap((kinds, index) => (row[index]?.trim() ? kinds : []));
    expect(told.sort(), one.type).toEqual([...createReceiver(one).kinds].sort());
  }
});

it('checks a signature as it says', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-verify-'));
  const path = join(folder, 'verify.mjs');
  writeFileSync(path, blocks('js verify')[0] ?? '');
  const { isFromPlumbline } = await import(pathToFileURL(path).href);
  const standIn = await startWebhook();
  const settings = {
    name: 'own',
    type: 'webhook',
    url: standIn.url,
    secret: WEBHOOK_SECRET,
    allow: ['127.0.0.1'],
  };
  await createReceiver(ReceiverSettings.parse(settings)).deliver(
    notification(),
    null,
    AbortSignal.timeout(5_000),
  );
  const { headers, body } = standIn.received[0]!;
  expect(isFromPlumbline(headers, body, WEBHOOK_SECRET)).toBe(true);
  expect(isFromPlumbline(headers, body, 'another')).toBe(false);
  expect(isFromPlumbline(headers, Buffer.concat([body, Buffer.from(' ')]), WEBHOOK_SECRET)).toBe(false);
  const old = { ...headers, 'plumbline-timestamp': '1700000000' };
  expect(isFromPlumbline(old, body, WEBHOOK_SECRET)).toBe(false);
  for (const field of Object.keys(JSON.parse(body.toString()))) expect(page).toContain(`\`${field}\``);
  await standIn.stop();
  rmSync(folder, { recursive: true });
});
