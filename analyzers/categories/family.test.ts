import { expect, it } from 'vitest';
import type { StreamKey } from '../../core/finding.ts';
import type { StreamWindow } from '../../core/window.ts';
import type { FamilyContext } from '../family.ts';
import { categoryFamily } from './family.ts';

const KEY: StreamKey = { project: 'p', model: 'm', version: '1', segment: '' };
const HOUR = 3_600_000;

function windowOf(
  at: number,
  categories: Readonly<Record<string, Readonly<Record<string, number>>>>,
): StreamWindow {
  return {
    key: KEY,
    since: new Date(at * HOUR),
    until: new Date((at + 1) * HOUR),
    rows: 100,
    summaries: new Map(),
    categories: new Map(
      Object.entries(categories).map(([name, rows]) => [name, new Map(Object.entries(rows))]),
    ),
  };
}

const context: FamilyContext = { levelOf: () => 1e-4, versionShare: 1, siblings: [] };

async function stepAll(windows: readonly StreamWindow[], at: FamilyContext = context) {
  const family = categoryFamily();
  let state: unknown = null;
  const readings = [];
  for (const window of windows) {
    const stepped = await family.step(state, window, at);
    state = JSON.parse(JSON.stringify(stepped.state));
    readings.push(stepped.readings);
  }
  return { state, readings };
}

const usual = (at: number) =>
  windowOf(at, {
    language: { en: 90 + (at % 3), de: 10 - (at % 3) },
    finish_reason: { stop: 96 + (at % 2), length: 4 },
  });
const stable = Array.from({ length: 30 }, (_, at) => usual(at));

it('watches what the wire and the texts say, and tells what changed with shares before and after', async () => {
  const changed = [30, 31].map((at) =>
    windowOf(at, { language: { en: 91, de: 9 }, finish_reason: { stop: 50, length: 50 } }),
  );
  const { readings } = await stepAll([...stable, ...changed]);
  expect(
    readings
      .slice(0, 30)
      .flat()
      .filter(({ outcome }) => outcome === 'alarm'),
  ).toEqual([]);
  const alarm = readings.at(-1)?.find(({ signal }) => signal === 'finish_reason');
  expect(alarm).toMatchObject({
    detector: 'category',
    outcome: 'alarm',
    direction: 'mix',
    verdict: 'change',
    effect: { name: 'cramers_v' },
  });
  expect(alarm?.shares?.map(({ category }) => category)).toContain('length');
  expect(alarm?.after).not.toBeNull();
  expect(readings.at(-1)?.find(({ signal }) => signal === 'language')).toMatchObject({ outcome: 'quiet' });
});

it('compares a declared version with the one before, once its reference is complete', async () => {
  const before = await stepAll(stable);
  const siblings = [{ key: { ...KEY, version: '0' }, state: before.state, until: 30 * HOUR }];
  const windows = Array.from({ length: 12 }, (_, at) =>
    windowOf(40 + at, { language: { en: 60, de: 40 }, finish_reason: { stop: 96, length: 4 } }),
  );
  const { readings } = await stepAll(windows, { ...context, siblings });
  const compared = readings.flat().filter(({ detector }) => detector === 'version_comparison');
  expect(
    compared.map(({ signal, outcome, baselineVersion }) => [signal, outcome, baselineVersion]).sort(),
  ).toEqual([
    ['finish_reason', 'quiet', '0'],
    ['language', 'alarm', '0'],
  ]);
});
