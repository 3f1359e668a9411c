// biome-ignore-all lint/performance/useDomNodeTextContent: what a reader sees is what is meant.
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.mjs';
import { fixtureReader } from './fixture/reader.ts';
import { type ServedPage, servePage } from './serve.ts';
import { GPT_4, VIEWS } from './views-shown.ts';

let served: ServedPage;
let browser: Browser;
let page: Page;
let complaints: string[];
let marks = { alerts: 'same', data: 'same' };

beforeAll(async () => {
  [served, browser] = await Promise.all([
    servePage({ ...fixtureReader, changeMarks: async () => marks }),
    launchChromium(),
  ]);
});
afterAll(async () => {
  await browser.close();
  await served.stop();
});
beforeEach(() => openPage({}));
afterEach(async () => {
  await page.context().close();
  expect(complaints).toEqual([]);
});

async function openPage(options: Parameters<Browser['newContext']>[0]): Promise<void> {
  complaints = [];
  const context = await browser.newContext({ viewport: { width: 1200, height: 860 }, ...options });
  page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
}

async function open(fragment: string, ready: string): Promise<void> {
  await page.goto(`${served.url}#/${fragment}`);
  await page.waitForSelector(ready);
}

const text = (selector: string): Promise<string> => page.locator(selector).first().innerText();

describe('from the overview to why an incident is open', () => {
  it('says what explains it: what began then, where, which mix, what changed with it, as text and nothing else', async () => {
    await open('incidents/inc-correct', '.cause');
    const cause = await text('.cause');
    for (const part of [
      'release 1.5 in place of 1.4',
      'task=prime',
      'prime, number, divisible',
      'responses are 99',
      'region=<b>eu</b>',
      '<img src=x',
    ])
      expect(cause).toContain(part);
    expect(await page.locator('.cause img, .cause b').count()).toBe(0);
    expect(await page.locator('.mix-bar').first().getAttribute('aria-label')).toMatch(
      /13.% mix, 88.% answers/,
    );
    expect(await text('[aria-labelledby=alike]')).toContain('Is 17077 a prime number?');
  });

  it('takes three clicks at most: the incident, its examples whole', async () => {
    await open('', '.streams');
    await page.locator('.incidents a', { hasText: 'score “correct” fell' }).click();
    await page.waitForSelector('.histogram');
    expect(await text('.lead')).toMatch(/83\s*% → 5\d\s*%/);
    expect(await text('main')).toContain('from 400 inferences');
    await page.getByRole('button', { name: 'All of the response' }).first().click();
    expect(await text('.side-before')).toContain('Therefore, 17077 is a prime number.');
    await page.getByRole('link', { name: 'What is asked, before and after' }).click();
    await page.waitForSelector('.topics');
  });

  it('works with the keyboard alone', async () => {
    await open('', '.streams');
    await tabTo(/score “correct” fell/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.histogram');
    await tabTo(/All of the response/);
    await page.keyboard.press('Enter');
    expect(await text('.side-before')).toContain('Therefore, 17077 is a prime number.');
  });
});

/** Goes on with Tab until what has the focus reads so. */
async function tabTo(wanted: RegExp): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    if (wanted.test(await page.locator(':focus').innerText())) return;
  }
  throw new Error(`60 tabs lead to nothing that reads ${wanted}`);
}

/** What axe-core has to say of the view that is open. */
async function violations(): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const result = await tool.run();
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

describe('accessibility', () => {
  it.each(['light', 'dark'] as const)(
    'axe-core finds no violation on any view, %s',
    async (colorScheme) => {
      await page.context().close();
      await openPage({ colorScheme, reducedMotion: 'reduce' });
      for (const [fragment, ready] of VIEWS) {
        await open(fragment, ready);
        expect(await violations(), fragment).toEqual([]);
      }
    },
    240_000,
  );
});

describe('segments', () => {
  it('puts the one that differs first, and says in what', async () => {
    await open(`segments?${GPT_4}`, '.segments tbody tr');
    const rows = await page.locator('.segments tbody tr').allInnerTexts();
    expect(rows[0]).toContain('All inferences');
    expect(rows.slice(1, 3).join()).toContain('region=eu');
    expect(await text('.lead-line')).toContain('beyond chance');
    expect(await page.locator('.segments [role=img]').count()).toBeGreaterThan(2);
  });

  it('says how to get some where there are none', async () => {
    await open('segments?model=gpt-3.5-turbo&version=0613', '.empty');
    expect(await text('.empty')).toContain('attributes');
  });
});

describe('embeddings', () => {
  it('names topics, the one whose share changed most first, and reads a prompt', async () => {
    await open(`embeddings?${GPT_4}`, '.topics');
    expect(await text('.topics tbody tr')).toMatch(/poem.*\n?.*4\.8\s*%.*64\s*%/s);
    await page.locator('.plane canvas').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => text('.point-card')).toMatch(/prime|recipe|poem/);
    await page.locator('.topic-button').first().click();
    expect(await page.locator('.topic-label:not(.is-faint)').count()).toBe(1);
  });
});

describe('panels', () => {
  it('show the same as Grafana, each with its question', async () => {
    await open('panels/overview', '.panel-timeseries canvas');
    expect(await page.locator('.panel').count()).toBeGreaterThan(8);
    expect(await text('.panel-stat .stat')).toContain('12');
    await page.getByLabel('Model').selectOption('gpt-4');
    await expect.poll(() => page.url()).toContain('model=gpt-4');
    await page.getByRole('link', { name: 'Drift' }).click();
    await page.waitForSelector('#drift-signal, .panel');
    expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false);
  });
});

describe('what people say to alerts', () => {
  it('takes an incident on', async () => {
    await open('incidents/inc-correct', '.histogram');
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByLabel('Who takes it on').fill('Ada');
    await page.getByLabel('What others should know').fill('the prompt has changed');
    await page.getByRole('button', { name: 'Take it on' }).click();
    await page.waitForSelector('.acknowledged');
    expect(await text('.acknowledged')).toContain('Ada has taken it on');
  });

  it('silences an incident from its page, and ends that', async () => {
    await open('incidents/inc-length', '.histogram');
    await page.getByRole('link', { name: 'Silence', exact: true }).click();
    await page.waitForSelector('.action-form');
    const matchers = page.getByLabel('What is silenced');
    expect(await matchers.inputValue()).toContain('model=gpt-4');
    await matchers.fill('modle=gpt-4');
    await page.getByLabel('Who silences it').fill('Ada');
    await page.getByLabel('Why').fill('known');
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    expect(await text('.action-form [role=alert]')).toContain('“modle=gpt-4” is no matcher');
    await matchers.fill('model=gpt-4');
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    await page.waitForSelector('.silences li');
    expect(await text('.silences')).toContain('Ada: known');
    await page.getByRole('button', { name: 'End it now' }).click();
    await expect.poll(() => page.locator('.silences li').count()).toBe(0);
  });

  it('shows what was said to whom, and who speaks for a muted one', async () => {
    await open('incidents/inc-length', '.deliveries');
    expect(await text('.deliveries')).toContain('PagerDuty refuses the routing key');
    await open('incidents/inc-speed', '.histogram');
    expect(await text('.notice')).toContain('speaks for it');
    expect(await text('.incident-head')).toContain('no data since');
  });
});

describe('runbooks', () => {
  it('leads from an incident to what to do, and back to the rules', async () => {
    await open('incidents/inc-length', '.histogram');
    await page.getByRole('link', { name: 'Runbook' }).click();
    await page.waitForSelector('.runbook h1');
    expect(page.url()).toContain('#/runbooks/quality');
    expect(await page.title()).toBe('Plumbline: runbook quality');
    expect(await text('.runbook h1')).toBe('Quality fell');
    expect(await page.locator('.runbook ol > li').count()).toBe(4);
    // The file of rules is not on the page.
    expect(await text('.runbook')).toContain('default rules');
    expect(await page.getByRole('link', { name: 'default rules' }).count()).toBe(0);
    await page.getByRole('link', { name: 'prompt-drift' }).click();
    await expect.poll(() => text('.runbook h1')).toBe('Other prompts arrive');
    await page.locator('.crumb').getByRole('link', { name: 'Rules' }).click();
    await page.waitForSelector('.rules li');
  });

  it('is linked from its rule; one that lies elsewhere, there', async () => {
    await open('rules', '.rules li');
    const links = page.locator('.rules').getByRole('link', { name: 'Runbook' });
    const targets = await links.evaluateAll((found) => found.map((link) => link.getAttribute('href')));
    expect(targets).toEqual(['#/runbooks/quality', '#/runbooks/quality', 'https://wiki.example.com/llm']);
  });

  it('says which there are where there is none of that name', async () => {
    await open('runbooks/..%2Falerts', '.runbook .notice');
    expect(await text('.runbook .notice')).toMatch(/there are bias, .*, safety/);
    complaints = complaints.filter((said) => !said.includes('404'));
  });

  it.each(['light', 'dark'] as const)(
    'draws all of Markdown and runs nothing of it, %s',
    async (colorScheme) => {
      await page.context().close();
      await openPage({ colorScheme, reducedMotion: 'reduce', viewport: { width: 360, height: 740 } });
      await page.route('**/api/runbooks/quality', (route) =>
        route.fulfill({ json: { name: 'quality', markdown: MARKDOWN } }),
      );
      await open('runbooks/quality', '.runbook table');
      expect(await page.locator('main img, main script, main b').count()).toBe(0);
      expect(await text('.runbook')).toContain('<img src=x onerror="globalThis.hacked=1">');
      expect(await text('.runbook')).toContain('none, *a star*, <b>HTML</b>');
      expect(await text('.runbook')).not.toContain('left out');
      const links = await page
        .locator('.runbook a')
        .evaluateAll((all) => all.map((link) => [link.getAttribute('href'), link.getAttribute('rel')]));
      expect(links.slice(1)).toEqual([
        ['#/runbooks/cost', null],
        ['https://wiki.example.com/', 'noopener'],
      ]);
      expect(await page.evaluate(() => 'hacked' in globalThis)).toBe(false);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      expect(await violations()).toEqual([]);
    },
  );

  it('shows it as it was written when what draws it does not arrive', async () => {
    await page.route('**/markdown-tokens.js', (route) => route.abort());
    await open('runbooks/quality', '.runbook pre');
    expect(await text('.runbook pre')).toContain('# Quality fell');
    complaints = complaints.filter((said) => !said.includes('net::ERR_FAILED'));
  });
});

const MARKDOWN = `# A *title* with \`code\`

Text with **weight**, ~~none~~, \\*a star\\*, <b>HTML</b> <!-- left out --> and ![a picture](https://evil.example.com/x.png).

<img src=x onerror="globalThis.hacked=1">
<script>globalThis.hacked = 1</script>

[another](cost.md), [a file](../../README.md), [a script](javascript:globalThis.hacked=1), [the wiki](https://wiki.example.com/)

## Deep

### Deeper

- [x] done
- [ ] not done
  1. under it

> quoted

---

\`\`\`sh
plumbline silences create ${'rule=data '.repeat(20)}
\`\`\`

| metric | what it says | when |
| --- | --- | --- |
| \`${'a_long_name_'.repeat(8)}\` | ${'words '.repeat(12)} | \`later\` |
`;

it('shows which rule governs what, and whether deliveries fail', async () => {
  await open('rules', '.rules li');
  expect(await text('.rules li')).toMatch(/quality-regression.*verdict regression/s);
  expect(await page.locator('.governed a').count()).toBeGreaterThan(0);
  expect(await text('main')).toContain('deliveries do not arrive');
});

it('shows the health of the pipeline with what is wrong', async () => {
  await open('pipeline', '.arrivals');
  const main = await text('main');
  expect(main).toContain('1 check failing');
  expect(main).toContain('no progress for 90 s');
  expect(main).toContain('set EMBEDDINGS_PER_SECOND_MAX');
});

it('hears of a change without asking for it', async () => {
  await open('', '.streams');
  await page.waitForTimeout(1_000);
  const asked = page.waitForRequest((request) => request.url().endsWith('/api/overview'), { timeout: 9_000 });
  await page.waitForTimeout(4_500);
  marks = { ...marks, alerts: 'other' };
  await asked;
});
