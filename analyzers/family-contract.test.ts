import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/seeded-random.ts';
import { summarize } from '../core/summary.ts';
import type { StreamWindow } from '../core/window.ts';
import { drawCategory } from '../test/support/draw-category.ts';
import { type GroupRow, groupTable } from '../test/support/group-rows.ts';
import { normal } from '../test/support/hourly-world.ts';
import { categoryFamily } from './categories/family.ts';
import { DEFAULT_CATEGORY_OPTIONS } from './categories/options.ts';
import { embeddingFamily } from './embeddings/family.ts';
import { createDisparities } from './fairness/disparities.ts';
import type { DetectorFamily, FamilyContext, FamilyReading } from './family.ts';
import { createJudgedFamily } from './quality/judged-family.ts';
import { momentsOf } from './quality/moments.ts';
import { stepStream } from './stream.ts';
import { DEFAULT_STREAM_OPTIONS } from './stream-options.ts';
import type { StreamState } from './stream-state.ts';

// What every detector owes the rest, whatever it looks at: each runs through the same cases.

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 5);
const ROWS = 300;
const CONTEXT: FamilyContext = { levelOf: () => 1e-5, versionShare: 1, siblings: [] };
const indexOf = (since: Date) => Math.round((since.getTime() - START) / HOUR);
/** The same window has the same rows, however often it is read. */
const randomOf = (since: Date) => seededRandom(indexOf(since) + 17);

type World = 'usual' | 'changed' | 'empty' | 'odd';
interface Contract {
  readonly name: string;
  /** A detector over a world that may differ by window. */
  readonly over: (worldOf: (index: number) => World) => DetectorFamily;
  readonly fill?: (world: World, random: () => number) => Partial<StreamWindow>;
  /** Windows until it watches, and within which a gross change is called. */
  readonly learns: number;
  readonly sees: number;
}

/** D1 and D2 as a family: their state is the stream's own. */
const signals: DetectorFamily = {
  name: 'stream',
  step(state, window) {
    const told = window.sessions ? { sessions: window.sessions } : {};
    const step = stepStream(
      state as StreamState | null,
      window.summaries,
      { since: window.since, until: window.until, rows: window.rows, ...told },
      { ...DEFAULT_STREAM_OPTIONS, levelOf: CONTEXT.levelOf },
    );
    return Promise.resolve({ state: step.state, readings: step.findings });
  },
};
const drawn = (random: () => number, draw: (random: () => number) => number) =>
  summarize(Array.from({ length: ROWS }, () => draw(random)));

function mixOf(random: () => number, shares: Readonly<Record<string, number>>): Map<string, number> {
  const counts = new Map<string, number>();
  for (let row = 0; row < ROWS; row++) {
    const value = drawCategory(shares, random);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

const CONTRACTS: readonly Contract[] = [
  {
    name: 'D1, rates',
    over: () => signals,
    learns: 20,
    sees: 3,
    fill: (world, random) => {
      if (world === 'empty') return {};
      const rate = world === 'changed' ? 0.3 : 0.05;
      return { summaries: new Map([['refusal', drawn(random, () => (random() < rate ? 1 : 0))]]) };
    },
  },
  {
    name: 'D2, numbers',
    over: () => signals,
    learns: 20,
    sees: 3,
    fill: (world, random) => {
      if (world === 'empty') return {};
      const level = world === 'changed' ? 0.7 : 0;
      const values = drawn(random, () => 1000 * Math.exp(level + 0.6 * normal(random)));
      const odd = summarize([
        Number.MAX_VALUE,
        -Number.MAX_VALUE,
        0,
        Number.MIN_VALUE,
        ...Array(50).fill(-3),
      ]);
      return { summaries: new Map([['latency_ms', world === 'odd' ? odd : values]]) };
    },
  },
  {
    name: 'D3, mixes',
    over: () => categoryFamily({ ...DEFAULT_CATEGORY_OPTIONS, isTimed: false }),
    learns: 30,
    sees: 4,
    fill: (world, random) => {
      if (world === 'empty') return {};
      const shares: Record<string, number> =
        world === 'changed' ? { stop: 0.5, length: 0.5 } : { stop: 0.95, length: 0.05 };
      const odd = new Map([
        ['__proto__', 3],
        ['', 2],
        ['x'.repeat(5_000), 1],
        ['constructor', ROWS],
      ]);
      return { categories: new Map([['finish_reason', world === 'odd' ? odd : mixOf(random, shares)]]) };
    },
  },
  {
    name: 'D4, texts on a map',
    over: () =>
      embeddingFamily({
        history: async () => [],
        options: { ...DEFAULT_CATEGORY_OPTIONS, isTimed: false },
      }),
    learns: 40,
    sees: 4,
    fill: (world, random) => {
      if (world === 'empty') return {};
      const shares: Record<string, number> =
        world === 'changed'
          ? { 'm1:billing': 0.2, 'm1:weather': 0.2, 'm1:(none)': 0.6 }
          : { 'm1:billing': 0.5, 'm1:weather': 0.45, 'm1:(none)': 0.05 };
      const odd = new Map([
        ['no map', 5],
        [':', 5],
        ['m2:__proto__', 5],
        ['m1:billing', ROWS],
      ]);
      return { categories: new Map([['prompt_topic', world === 'odd' ? odd : mixOf(random, shares)]]) };
    },
  },
  {
    name: 'D5, groups',
    over: (worldOf) =>
      createDisparities({
        read: async (_, { since }) => {
          const world = worldOf(indexOf(since));
          const random = randomOf(since);
          const rate = { f: world === 'changed' ? 0.4 : 0.1, m: 0.1 };
          const rows = Array.from({ length: world === 'empty' ? 0 : ROWS }, (_, row): GroupRow => {
            const gender = row % 2 === 0 ? 'f' : 'm';
            const named = row % 7 === 0 ? '' : `group ${row}`;
            return {
              groups: { gender: world === 'odd' ? named : gender },
              signals: { refusal: random() < rate[gender] ? 1 : 0 },
            };
          });
          return groupTable(rows);
        },
      }),
    learns: 5,
    sees: 6,
  },
  {
    name: 'D6, judged quality',
    over: (worldOf) =>
      createJudgedFamily({
        pairs: [{ judge: 'judge', label: 'human', low: 0, high: 1 }],
        delayMs: 0,
        bucketsOf: async ({ since }) => {
          const world = worldOf(indexOf(since));
          if (world === 'empty') return [[]];
          const random = randomOf(since);
          const truth = world === 'changed' ? 0.3 : 0.85;
          const scored = (row: number) => {
            const good = random() < truth ? 1 : 0;
            const judge = random() < 0.9 ? good : 1 - good;
            return { judge: world === 'odd' ? 1 : judge, label: row === 0 ? good : null };
          };
          const rows = () => Array.from({ length: 10 }, (_, row) => scored(row));
          return [Array.from({ length: 32 }, (_, bucket) => ({ bucket, ...momentsOf(rows()) }))];
        },
      }),
    learns: 30,
    sees: 12,
  },
];

function windowOf(contract: Contract, index: number, world: World): StreamWindow {
  const since = new Date(START + index * HOUR);
  return {
    key: { project: 'p', model: 'm', version: '', segment: '' },
    since,
    until: new Date(since.getTime() + HOUR),
    rows: world === 'empty' ? 0 : ROWS,
    summaries: new Map(),
    categories: new Map(),
    ...contract.fill?.(world, randomOf(since)),
  };
}

async function run(contract: Contract, worlds: readonly World[], isStored = true) {
  const family = contract.over((index) => worlds[index] ?? 'usual');
  let state: unknown = null;
  const readings: (readonly FamilyReading[])[] = [];
  for (const [index, world] of worlds.entries()) {
    const step = await family.step(state, windowOf(contract, index, world), CONTEXT);
    state = isStored ? JSON.parse(JSON.stringify(step.state)) : step.state;
    readings.push(step.readings);
  }
  return { state, readings, family };
}

const times = (count: number, world: World): World[] => Array<World>(count).fill(world);
const alarmsOf = (readings: readonly (readonly FamilyReading[])[]) =>
  readings.flat().filter(({ outcome }) => outcome === 'alarm');

/** Every number in it, however deep. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (value instanceof Date || typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

describe.each(CONTRACTS)('$name', (contract) => {
  const { learns, sees } = contract;
  const quiet = times(learns + 60, 'usual');

  it('is silent while nothing changes, and calls what changes grossly', async () => {
    const { readings } = await run(contract, [...quiet, ...times(sees, 'changed')]);
    expect(alarmsOf(readings.slice(0, quiet.length))).toEqual([]);
    const [alarm] = alarmsOf(readings.slice(quiet.length));
    expect(alarm).toBeDefined();
    expect(alarm?.evidence).toBeGreaterThanOrEqual(1);
  });

  it('says the same of the same window again, and from a state that was stored', async () => {
    const worlds = [...times(learns + 10, 'usual'), ...times(sees, 'changed')];
    const [stored, kept] = [await run(contract, worlds), await run(contract, worlds, false)];
    expect(JSON.stringify(stored.readings)).toBe(JSON.stringify(kept.readings));
    expect(JSON.stringify(stored.state)).toBe(JSON.stringify(kept.state));
    const frozen = JSON.stringify(stored.state);
    const next = windowOf(contract, worlds.length, 'usual');
    const [once, twice] = [
      await stored.family.step(stored.state, next, CONTEXT),
      await stored.family.step(stored.state, next, CONTEXT),
    ];
    expect(JSON.stringify(once)).toBe(JSON.stringify(twice));
    // A state is never changed in place: after a kill the window is run again from it.
    expect(JSON.stringify(stored.state)).toBe(frozen);
  });

  it('learns nothing false from windows without a row', async () => {
    const { readings } = await run(contract, [
      ...times(learns + 5, 'usual'),
      ...times(30, 'empty'),
      ...times(20, 'usual'),
    ]);
    expect(alarmsOf(readings)).toEqual([]);
    const first = await run(contract, times(3, 'empty'));
    expect(alarmsOf(first.readings)).toEqual([]);
  });

  it('takes hostile and odd windows without an error or a number that is none', async () => {
    const worlds = [
      ...times(5, 'odd'),
      ...times(learns + 5, 'usual'),
      ...times(5, 'odd'),
      ...times(5, 'usual'),
    ];
    // As it is before JSON makes null of what is no number.
    const { readings, state } = await run(contract, worlds, false);
    expect(numbersIn(readings).every(Number.isFinite)).toBe(true);
    expect(numbersIn(state).every(Number.isFinite)).toBe(true);
  });
});
