import { expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { summarize } from '../../core/summary.ts';
import { type GroupRow, groupTable } from '../../test/support/group-rows.ts';
import { HOUR, normal, START } from '../../test/support/hourly-world.ts';
import { sampleOf } from '../drift/sample.ts';
import { checkState, createDisparities, type DisparityState } from '../fairness/disparities.ts';
import { windowsToSeeGap } from './of-gap.ts';
import { WINDOWS_MAX } from './outlook.ts';

const LEVEL = 1e-4;
const CALM = 200;

interface World {
  readonly signal: string;
  readonly rows: number;
  readonly values: readonly string[];
  /** Conversations in which all rows say the same. */
  readonly sessionRows?: number;
  readonly strata?: number;
  readonly draw: (value: string, random: () => number) => number;
}

function rowsOf(world: World, random: () => number): GroupRow[] {
  const { signal, rows, values, sessionRows = 1, strata = 1, draw } = world;
  return Array.from({ length: rows / sessionRows }, (_, session) => {
    const value = values[session % values.length] ?? '';
    const row = {
      groups: { gender: value },
      stratum: `${Math.floor(random() * strata)}`,
      unit: `s${session}`,
      signals: { [signal]: draw(value, random) },
    };
    return Array.from({ length: sessionRows }, () => row);
  }).flat();
}

async function run(
  world: World,
  from: unknown,
  at: { random: () => number; windows: number; untilAlarmOf?: string },
): Promise<{ state: unknown; windows: number }> {
  const family = createDisparities({ read: async () => groupTable(rowsOf(world, at.random)) });
  let state = from;
  for (let hour = 0; hour < at.windows; hour++) {
    const since = new Date(START + hour * HOUR);
    const key = { project: 'p', model: 'm', version: '', segment: '' };
    const window = { key, since, until: new Date(since.getTime() + HOUR), rows: world.rows };
    const step = await family.step(
      state,
      { ...window, summaries: new Map(), categories: new Map() },
      { levelOf: () => LEVEL, versionShare: 1, siblings: [] },
    );
    state = step.state;
    const isCalled = step.readings.some(
      ({ segment, outcome }) => segment === at.untilAlarmOf && outcome === 'alarm',
    );
    if (isCalled) return { state, windows: hour + 1 };
  }
  return { state, windows: at.windows + 1 };
}

const questionOf = (world: World, state: unknown, change: number) => ({
  ...{ signal: world.signal, attribute: 'gender', value: 'f', change, level: LEVEL },
  state: checkState(state) as DisparityState,
  numbers: world.signal === 'latency_ms' ? sampleOf(summarize(VALUES)) : null,
  outlook: {
    isTimed: true,
    from: new Date(START + CALM * HOUR),
    windowMs: HOUR,
    rowsAt: () => world.rows,
    sessionRows: 1,
  },
});

const latency = (random: () => number) => 1_000 * Math.exp(0.5 * normal(random));
const VALUES = Array.from(
  { length: 2_000 },
  (
    (random) => () =>
      latency(random)
  )(seededRandom(9)),
);
const share =
  (usual: number, more = 0) =>
  (value: string, random: () => number): number =>
    random() < usual * (value === 'f' ? 1 + more : 1) ? 1 : 0;
const two = ['f', 'm'];

const CASES: readonly {
  readonly name: string;
  readonly change: number;
  readonly worldOf: (more: number) => World;
}[] = [
  {
    name: 'a rate of two groups',
    change: 0.8,
    worldOf: (more) => ({ signal: 'refusal', rows: 100, values: two, draw: share(0.1, more) }),
  },
  {
    name: 'a rate of four groups, in strata',
    change: 1,
    worldOf: (more) => ({
      ...{ signal: 'refusal', rows: 80, values: ['f', 'm', 'd', 'x'], strata: 20 },
      draw: share(0.1, more),
    }),
  },
  {
    name: 'a rate in conversations',
    change: 1,
    worldOf: (more) => ({
      ...{ signal: 'refusal', rows: 120, values: two, sessionRows: 3 },
      draw: share(0.1, more),
    }),
  },
  {
    name: 'a number',
    change: 0.4,
    worldOf: (more) => ({
      ...{ signal: 'latency_ms', rows: 60, values: two },
      draw: (value, random) => latency(random) * (value === 'f' ? 1 + more : 1),
    }),
  },
];

it.each(CASES)('says when a gap is called: $name', async ({ change, worldOf }) => {
  const calm = worldOf(0);
  const { state } = await run(calm, null, { random: seededRandom(3), windows: CALM });
  const said = windowsToSeeGap(questionOf(calm, state, change));
  const delays: number[] = [];
  for (let draw = 0; draw < 11; draw++) {
    const at = { random: seededRandom(100 + draw), windows: WINDOWS_MAX, untilAlarmOf: 'gender=f' };
    delays.push((await run(worldOf(change), state, at)).windows);
  }
  const seen = delays.sort((a, b) => a - b)[5] ?? 0;
  expect(said?.windows).toBeGreaterThanOrEqual(seen / 2);
  expect(said?.windows).toBeLessThanOrEqual(seen * 2);
  expect(said?.rows).toBeCloseTo(((said?.windows ?? 0) * calm.rows) / calm.values.length, -1);
});

it('never sees what is within four fifths', async () => {
  const world = CASES[0]?.worldOf(0) as World;
  const { state } = await run(world, null, { random: seededRandom(3), windows: CALM });
  expect(windowsToSeeGap(questionOf(world, state, 0.1))).toBeNull();
});
