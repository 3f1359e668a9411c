// Pictures of the page for the docs: node test/browser/screenshots.mjs URL OUTDIR
// Overview, the model and the incident that the overview lists first, its segments and embeddings, panels; light and dark, and narrow.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launchChromium } from './chromium.mjs';

const [url, folder] = process.argv.slice(2);
if (!url || !folder) {
  process.stderr.write('usage: node test/browser/screenshots.mjs URL OUTDIR\n');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const WIDE = { width: 1200, height: 860 };
const NARROW = { width: 360, height: 780 };
const browser = await launchChromium();

async function shoot(name, { scheme, size, open }) {
  const page = await browser.newPage({ viewport: size, colorScheme: scheme, reducedMotion: 'reduce' });
  await page.goto(url);
  await page.waitForSelector('h1');
  await open(page);
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.close();
}

const VIEWS = {
  overview: async () => {},
  stream: async (page) => {
    const row = page.locator('.streams tbody tr').first();
    await row.locator('a').click();
    await page.waitForSelector('.time-line canvas');
  },
  incident: async (page) => {
    const lengths = page.locator('.incidents a', { hasText: 'shorter' });
    const link = (await lengths.count()) > 0 ? lengths.first() : page.locator('.incidents a').first();
    if ((await link.count()) === 0) return;
    await link.click();
    await page.waitForSelector('.histogram');
  },
  segments: (page) => openTab(page, 'Segments', '.segments'),
  embeddings: (page) => openTab(page, 'Embeddings', '.topics'),
  panels: async (page) => {
    await page.getByRole('link', { name: 'Panels' }).click();
    await page.waitForSelector('.panel canvas');
    await page.waitForTimeout(1_500);
  },
  pipeline: async (page) => {
    await page.getByRole('link', { name: 'Pipeline' }).click();
    await page.waitForSelector('.arrivals');
  },
};

async function openTab(page, name, ready) {
  await VIEWS.stream(page);
  await page.getByRole('link', { name, exact: true }).click();
  await page.waitForSelector(ready);
  // A point read, so that the picture says what points are.
  if (ready === '.topics') await page.locator('.plane canvas').press('ArrowRight');
}

for (const [view, open] of Object.entries(VIEWS)) {
  for (const scheme of ['light', 'dark']) {
    await shoot(`${view}-${scheme}`, { scheme, size: WIDE, open });
  }
  await shoot(`${view}-narrow`, { scheme: 'light', size: NARROW, open });
}
await browser.close();
