// Pictures of the page for the docs: node test/browser/screenshots.mjs URL OUTDIR
// Overview, the stream and the incident that the overview lists first, light and dark, and narrow.
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
};

for (const [view, open] of Object.entries(VIEWS)) {
  for (const scheme of ['light', 'dark']) {
    await shoot(`${view}-${scheme}`, { scheme, size: WIDE, open });
  }
  await shoot(`${view}-narrow`, { scheme: 'light', size: NARROW, open });
}
await browser.close();
