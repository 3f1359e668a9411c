// biome-ignore-all lint/performance/useDomNodeTextContent: what a reader sees is what is meant.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { launchChromium } from './chromium.mjs';
import { emptyReader, fixtureReader } from './fixture/reader.ts';
import { HOSTILE } from './fixture/streams.ts';
import { type ServedPage, servePage } from './serve.ts';
import { VIEWS } from './views-shown.ts';

let served: ServedPage;
let empty: ServedPage;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [served, empty, browser] = await Promise.all([
    servePage(fixtureReader),
    servePage(emptyReader),
    launchChromium(),
  ]);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([served.stop(), empty.stop()]);
});

beforeEach(async () => {
  page = await newPage({});
});
afterEach(async () => {
  await page.context().close();
  expect(complaints).toEqual([]);
});

async function newPage(options: Parameters<Browser['newContext']>[0]): Promise<Page> {
  complaints = [];
  const context = await browser.newContext({ viewport: { width: 1200, height: 860 }, ...options });
  const made = await context.newPage();
  made.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  made.on('pageerror', (error) => complaints.push(String(error)));
  return made;
}

async function open(fragment: string, ready: string): Promise<void> {
  await page.goto(`${served.url}#/${fragment}`);
  await page.waitForSelector(ready);
}

const GPT_4 = 'stream?project=default&model=gpt-4&version=';

async function isHacked(): Promise<boolean> {
  return page.evaluate(() => 'hacked' in globalThis);
}

describe('overview', () => {
  it('says what is watched, how it is, and what is open, in words', async () => {
    await open('', '.streams');
    expect(await page.locator('h1').innerText()).toBe(
      '2 open incidents in 4 streams, 1 regression among them',
    );
    const rows = (await page.locator('.streams tbody tr').allInnerTexts()).join('\n');
    expect(rows).toContain('2 open incidents');
    expect(rows).toContain('learning, about 104 more rows needed');
    const incidents = await page.locator('.incidents').innerText();
    expect(incidents).toContain('gpt-4: responses are 99\u202f% shorter');
    expect(incidents).toMatch(/6\d\d → 4 characters/);
  });

  it('shows how to send the first record while there is none', async () => {
    await page.goto(empty.url);
    await page.waitForSelector('.copy-block');
    expect(await page.locator('pre').innerText()).toContain(`curl -sS ${empty.url}v1/inferences`);
  });

  it('pauses while it is hidden, and reads again when it is seen', async () => {
    await open('', '.streams');
    let requests = 0;
    page.on('request', (request) => {
      // What listens for news is begun anew, too.
      if (!request.url().endsWith('/changes')) requests++;
    });
    const hide = (isHidden: boolean) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await hide(true);
    await page.waitForTimeout(5_000);
    expect(requests).toBe(0);
    await hide(false);
    await page.waitForTimeout(500);
    expect(requests).toBe(1);
  });

  it('keeps what it has and says so when the server goes away', async () => {
    await open('', '.streams');
    await page.route('**/api/**', (route) => route.abort());
    await page.waitForSelector('.notice', { timeout: 25_000 });
    expect(await page.locator('.streams tbody tr').count()).toBe(4);
    expect(await page.locator('.connection').innerText()).toBe('no connection');
    complaints = complaints.filter((text) => !text.includes('net::ERR_FAILED'));
  });
});

describe('keyboard', () => {
  it('leads from the overview to why an incident is open', async () => {
    await open('', '.streams');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toContain('gpt-4');
    const outline = await page
      .locator(':focus')
      .evaluate((element) => getComputedStyle(element).outlineStyle);
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.histogram');
    expect(await page.locator('main').evaluate((main) => main === document.activeElement)).toBe(true);
  });

  it('reads a time line point by point', async () => {
    await open(GPT_4, '.time-line canvas');
    const chart = page.locator('.chart').first();
    const readout = page.locator('.readout').first();
    const latest = await readout.innerText();
    await chart.focus();
    await page.keyboard.press('Home');
    await expect.poll(() => readout.innerText()).not.toBe(latest);
  });
});

describe('incident', () => {
  it('shows both sides: figures, distributions, examples', async () => {
    await open('incidents/inc-length', '.histogram');
    const text = await page.locator('main').innerText();
    expect(text).toContain('Change');
    expect(text).toContain('Cliff’s δ −0.91 [−0.97, −0.83]');
    expect(text).toContain('from 75 inferences');
    expect(await page.locator('.bar-before').count()).toBeGreaterThan(10);
    const whole = page.getByRole('button', { name: 'All of the response' });
    await whole.click();
    expect(await page.locator('.side-before').innerText()).toContain('Therefore, 17077 is a prime number.');
  });

  it('says so when there is no such incident', async () => {
    await open('incidents/nowhere', '.notice');
    complaints = complaints.filter((text) => !text.includes('404') && !text.includes('500'));
  });
});

it.each(VIEWS)('never scrolls sideways at 360 px: #/%s', async (fragment, ready) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(fragment, ready);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBe(360);
});

describe('theme', () => {
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

  it('follows the system, and a choice outlives a reload', async () => {
    await page.context().close();
    page = await newPage({ colorScheme: 'dark' });
    await open('', '.streams');
    expect(await background()).toBe('rgb(20, 21, 23)');
    await page.getByRole('button', { name: /Theme: system/ }).click();
    expect(await background()).toBe('rgb(251, 250, 247)');
    await page.reload();
    await page.waitForSelector('.streams');
    expect(await background()).toBe('rgb(251, 250, 247)');
  });

  it.each(['light', 'dark'] as const)('has enough contrast for every text in %s', async (colorScheme) => {
    await page.context().close();
    page = await newPage({ colorScheme });
    for (const [fragment, ready] of VIEWS) {
      await open(fragment, ready);
      expect(await page.evaluate(faintTexts), fragment).toEqual([]);
    }
  });
});

describe('text from outside', () => {
  it('is shown, and nothing of it runs', async () => {
    await open('', '.streams');
    expect(await page.locator('.streams').innerText()).toContain(HOSTILE);
    await open(`stream?${new URLSearchParams({ model: HOSTILE })}`, '.time-line canvas');
    expect(await page.locator('h1').innerText()).toContain(HOSTILE);
    await open('incidents/inc-correct', '.examples blockquote');
    expect((await page.locator('.examples').allInnerTexts()).join()).toContain(
      '<script>window.hacked=1</script>',
    );
    expect(await isHacked()).toBe(false);
    expect(await page.locator('main img, main script').count()).toBe(0);
  });

  it('could not run even if it reached the page: the policy allows no inline script', async () => {
    await open('', '.streams');
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.hacked = 1';
      document.body.append(script);
    });
    expect(await isHacked()).toBe(false);
    expect(complaints.length).toBeGreaterThan(0);
    complaints = [];
  });
});

it('is below 100 kB in all, compressed', () => {
  const bytes = readdirSync(served.folder)
    .map((name) => gzipSync(readFileSync(join(served.folder, name))).length)
    .reduce((sum, size) => sum + size, 0);
  console.log(`page, compressed: ${(bytes / 1000).toFixed(1)} kB`);
  expect(bytes).toBeLessThan(100_000);
});

const pictures = process.env['SCREENSHOTS'];
if (pictures) {
  it('has its pictures taken', () => {
    const script = join(packageRoot, 'test/browser/screenshots.mjs');
    return expect(
      promisify(execFile)(process.execPath, [script, served.url, pictures]),
    ).resolves.toBeDefined();
  });
}

/** Texts whose contrast with the nearest opaque background is below WCAG AA; runs in the page. */
function faintTexts(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour: string): number[] => {
    if (!canvas) return [0, 0, 0, 0];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const luminance = ([r = 0, g = 0, b = 0]: number[]): number => {
    const linear = [r, g, b].map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
  };
  const behind = (element: Element): number[] => {
    const layers: number[][] = [];
    for (let at: Element | null = element; at; at = at.parentElement) {
      layers.push(rgba(getComputedStyle(at).backgroundColor));
    }
    return layers.reduceRight(
      (under, [r = 0, g = 0, b = 0, a = 0]) =>
        [r, g, b].map((part, i) => part * a + (under[i] ?? 0) * (1 - a)),
      [255, 255, 255],
    );
  };
  const found: string[] = [];
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim());
    if (!hasText || !(element as HTMLElement).offsetParent) continue;
    const style = getComputedStyle(element);
    const [text, under] = [luminance(rgba(style.color)), luminance(behind(element))];
    const ratio = (Math.max(text, under) + 0.05) / (Math.min(text, under) + 0.05);
    const isLarge = Number.parseFloat(style.fontSize) >= 24;
    if (ratio < (isLarge ? 3 : 4.5)) found.push(`${element.textContent?.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return found;
}
