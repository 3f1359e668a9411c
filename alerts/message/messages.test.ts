import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Incident } from '../../core/incident.ts';
import { NOTIFICATION_KINDS, type Notification } from '../../core/notification.ts';
import { INCIDENT, notification, resolved } from '../../test/support/receivers/notification.ts';
import { slackFaults } from '../../test/support/receivers/slack-limits.ts';
import { mailOf } from './mail.ts';
import { messageOf } from './message.ts';
import { clip, plain, safeUrl } from './plain.ts';
import { slackMessage, slackReply } from './slack-message.ts';

/** Texts that break messages: markup of every kind, mentions, other directions, long clusters, halves of characters. */
const hostile = fc.oneof(
  fc.constantFrom(
    '',
    '<!channel> <@U123> @here @EVERYONE <https://evil.example|click>',
    '&amp;&lt;&<>"\'`*_~',
    '*bold* _it_ ~out~ `code` ```block```',
    '\u202eevil\u202c \u2066x\u2069',
    'مرحبا بالعالم',
    '👩‍👩‍👧‍👦'.repeat(400),
    `a${'\u0301'.repeat(3_000)}`,
    '\ud83d',
    'line\r\nBcc: all@example.com\r\n\r\nbody',
    '\u0000\u0007\u001b[31m',
    '<'.repeat(20_000),
    '&'.repeat(3_000),
    ' '.repeat(5_000),
    '<script>alert(1)</script><img src=x onerror=alert(1)>',
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 4_000 }),
);
const number = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1e300, -1e300, 638),
  fc.double({ min: 0, max: 1 }),
);
const instant = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') });
const url = fc.option(
  fc.oneof(
    hostile,
    fc.webUrl(),
    fc.constant(`https://example.com/${'x'.repeat(9_000)}`),
    fc.constant('javascript:alert(1)'),
  ),
);

const incident = fc.record<Partial<Incident>>({
  id: hostile,
  project: hostile,
  model: hostile,
  version: hostile,
  segment: hostile,
  rule: hostile,
  baselineVersion: hostile,
  signal: fc.oneof(fc.constantFrom('refusal', 'response_characters', 'cost_micro_usd'), hostile),
  signals: fc.array(hostile, { maxLength: 20 }),
  direction: fc.constantFrom('up', 'down', 'mix', 'shape'),
  state: fc.constantFrom('open', 'recovering', 'closed'),
  condition: fc.constantFrom('measured', 'not_enough_data', 'no_data', 'error'),
  severity: fc.constantFrom('info', 'warning', 'critical'),
  since: instant,
  closedAt: fc.option(instant),
  before: number,
  after: number,
  evidence: number,
  acknowledged: fc.option(fc.record({ by: hostile, at: instant, comment: hostile })),
  speaksFor: fc.array(
    fc.record({
      id: hostile,
      aspect: hostile,
      signal: hostile,
      segment: fc.oneof(fc.constant(''), hostile),
      verdict: fc.constantFrom('regression', 'change', 'improvement'),
      change: hostile,
    }),
    { maxLength: 12 },
  ),
});

const anyNotification: fc.Arbitrary<Notification> = fc
  .record({
    incident,
    kind: fc.constantFrom(...NOTIFICATION_KINDS),
    at: instant,
    links: fc.record({ incident: url, dashboard: url, examples: url, runbook: url }),
    trend: fc.record({
      values: fc.array(fc.option(number), { maxLength: 200 }),
      since: instant,
      until: instant,
    }),
    scope: hostile,
    cause: hostile,
    reopenings: fc.nat(),
    repeatMs: fc.option(fc.nat()),
  })
  .map((given) => notification(given as Parameters<typeof notification>[0]));

describe('a message, whatever the texts are', () => {
  it('keeps every limit of Slack, and lets no markup and no mention through', () => {
    fc.assert(
      fc.property(anyNotification, (told) => {
        const message = messageOf(told);
        expect(slackFaults(slackMessage(message))).toEqual([]);
        expect(slackFaults(slackReply(message))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps the limit on all blocks together when everything in it is at its longest', () => {
    const long = 'w&'.repeat(20_000);
    const at = INCIDENT.since;
    const link = (length: number) => `https://example.com/${'x'.repeat(length)}`;
    for (let length = 100; length <= 3_000; length += 50) {
      const url = link(length);
      const told = notification({
        kind: 'acknowledged',
        incident: {
          ...{
            model: long,
            rule: long,
            signal: long,
            baselineVersion: long,
            condition: 'no_data',
            state: 'recovering',
          },
          signals: Array.from({ length: 50 }, (_, index) => `${index}${long}`),
          acknowledged: { by: long, at, comment: long },
        },
        links: { incident: url, dashboard: url, examples: url, runbook: url },
        scope: long,
        cause: long,
        reopenings: 9,
      });
      expect(slackFaults(slackMessage(messageOf(told)))).toEqual([]);
    }
  });

  it('holds no control characters and nothing that turns the direction of writing around', () => {
    fc.assert(
      fc.property(anyNotification, (told) => {
        const { facts, notes, changedWithIt, links: _, since: __, trend: ___, ...texts } = messageOf(told);
        const lines = [...facts.map((one) => one.text), ...notes, ...changedWithIt];
        for (const text of [...Object.values(texts), ...lines]) {
          expect(text).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        }
      }),
    );
  });

  it('is an e-mail whose subject is one short line and whose HTML holds no foreign element', () => {
    fc.assert(
      fc.property(anyNotification, (told) => {
        const { subject, text, html } = mailOf(messageOf(told));
        expect(subject).not.toMatch(/[\r\n]/);
        expect(subject.length).toBeLessThanOrEqual(180);
        expect(text.length).toBeLessThan(60_000);
        const elements = [...html.matchAll(/<([a-z!]+)/gi)].map(([, name]) => name);
        const known = /^(!doctype|html|head|meta|body|div|p|h|strong|table|tr|th|td|span|ul|li|a)$/;
        expect(elements.filter((name) => !known.test(name ?? ''))).toEqual([]);
        for (const [, href] of html.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^https?:/);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the words', () => {
  const textOf = (told: Notification): string => JSON.stringify(messageOf(told));

  it('tell what, how much with its interval, since when, for whom, why, and how many samples on both sides', () => {
    const { headline, pair, facts, cause, trend, links } = messageOf(notification());
    expect(headline).toBe('gpt-4 0613: responses are 67\u202f% shorter');
    expect(pair).toBe('638 → 212 characters');
    const fact = (label: string) => facts.find((one) => one.label === label)?.text;
    expect(fact('Size of the change')).toBe('Cliff’s δ −0.74 [−0.79, −0.68]');
    expect(fact('Samples')).toBe('412 now, 9,804 before');
    expect(fact('For whom')).toBe('1 of 4 models; both regions');
    expect(cause).toContain('v11 to v12');
    expect(trend).toEqual({ bars: expect.stringMatching(/^█.*▁$/), span: 'last 4\u202fh' });
    expect(links.map(({ label }) => label)).toEqual(['Why', 'Dashboard', 'Examples', 'Runbook']);
  });

  it('say that it is over, after how long, and where it stands now', () => {
    const { status, news } = messageOf(resolved(2));
    expect(status).toBe('Resolved');
    expect(news).toBe('Resolved after 2\u202fh; now 637 characters.');
  });

  it.each([
    ['no_data', /No inferences since 2026-11-22 14:05:00 UTC/],
    ['not_enough_data', /Too few inferences/],
    ['error', /nothing has judged them/],
  ] as const)('do not pass "%s" off as a measurement', (condition, words) => {
    expect(textOf(notification({ incident: { condition } }))).toMatch(words);
    expect(messageOf(notification({ kind: 'changed', incident: { condition } })).news).toMatch(words);
  });

  it('name what changed with it, the worst first, and segments that show no more than it by their name only', () => {
    const part = { id: 'x', verdict: 'change', segment: '' } as const;
    const speaksFor = [
      {
        ...part,
        verdict: 'regression',
        aspect: 'latency',
        signal: 'latency_ms',
        change: 'responses take longer',
      },
      {
        ...part,
        verdict: 'improvement',
        aspect: 'cost',
        signal: 'cost_micro_usd',
        change: 'a call costs less',
      },
      { ...part, aspect: 'length', signal: 'response_characters', segment: 'region=eu', change: 'shorter' },
      { ...part, aspect: 'style', signal: 'hedging', segment: 'region=us', change: 'hedging fell' },
    ] as const;
    expect(messageOf(notification({ incident: { speaksFor } })).changedWithIt).toEqual([
      'worse too: responses take longer',
      'also: hedging fell (region=us)',
      'better: a call costs less',
      'in the segments region=eu, region=us',
    ]);
  });

  it('name who has taken it on, and how often it has come before', () => {
    const acknowledged = { by: 'Ann', at: INCIDENT.since, comment: 'looking' };
    const { tone, notes } = messageOf(notification({ incident: { acknowledged }, reopenings: 3 }));
    expect(tone).toBe('acknowledged');
    expect(notes.join(' ')).toMatch(/Taken on by Ann at .*: looking .*opened 3 times before/);
  });
});

describe('clip', () => {
  it('never exceeds its limit, and cuts no character in two', () => {
    const written = (piece: string): string => piece.replace(/&/g, '&amp;');
    fc.assert(
      fc.property(hostile.map(plain), fc.integer({ min: 1, max: 200 }), (text, max) => {
        const clipped = clip(text, max, written);
        expect(clipped.length).toBeLessThanOrEqual(max);
        expect(Buffer.from(clipped).toString()).toBe(clipped);
        if (written(text).length <= max) expect(clipped).toBe(written(text));
        else expect(clipped.endsWith('…')).toBe(true);
        expect(clipped).not.toMatch(/&(?!amp;)/);
      }),
    );
  });
});

describe('safeUrl', () => {
  it('lets only http and https through, and nothing that is cut', () => {
    expect(safeUrl('https://example.com/a b', 100)).toBe('https://example.com/a%20b');
    for (const url of ['javascript:alert(1)', 'data:text/html,x', '//example.com', '', null]) {
      expect(safeUrl(url, 100)).toBe(null);
    }
    expect(safeUrl(`https://example.com/${'x'.repeat(100)}`, 100)).toBe(null);
  });
});
