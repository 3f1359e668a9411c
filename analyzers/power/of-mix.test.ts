import { expect, it } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { signalSpec } from '../../core/signals.ts';
import { HOUR, START, WEEK } from '../../test/support/hourly-world.ts';
import { binsOf } from '../categories/bins.ts';
import { type Counts, countsOf } from '../categories/counts.ts';
import { DEFAULT_CATEGORY_OPTIONS } from '../categories/options.ts';
import { type SignalsState, signalsState, stepSignals } from '../categories/step-signals.ts';
import { cellBins } from '../embeddings/cell-bins.ts';
import { type MixShift, windowsToSeeMix } from './of-mix.ts';
import { WINDOWS_MAX } from './outlook.ts';

const LEVEL = 1e-5;
const OPTIONS = { ...DEFAULT_CATEGORY_OPTIONS, isTimed: true };
const MONTH = 4 * WEEK;

interface World {
  readonly signal: string;
  readonly rows: number;
  /** Rows that are of one category together. */
  readonly sessionRows?: number;
  /** Shares by category in an hour since the start. */
  readonly sharesAt: (hour: number) => Readonly<Record<string, number>>;
}

function countsAt({ rows, sessionRows = 1, sharesAt }: World, hour: number, random: () => number): Counts {
  const shares = Object.entries(sharesAt(hour));
  const total = shares.reduce((sum, [, share]) => sum + share, 0);
  const drawn = new Map<string, number>();
  for (let row = 0; row < rows; row += sessionRows) {
    const place = random() * total;
    let [at, below] = [0, shares[0]?.[1] ?? 0];
    while (below <= place && at < shares.length - 1) below += shares[++at]?.[1] ?? 0;
    const name = shares[at]?.[0] ?? '';
    drawn.set(name, (drawn.get(name) ?? 0) + Math.min(sessionRows, rows - row));
  }
  return countsOf(drawn);
}

function stepOf(world: World, state: SignalsState, at: { hour: number; random: () => number }) {
  const since = new Date(START + at.hour * HOUR);
  const window = { since, until: new Date(since.getTime() + HOUR) };
  const spec = signalSpec(world.signal);
  const binsFrom = world.signal.endsWith('_cell') ? cellBins : binsOf;
  const signals = [{ key: 'mix', spec, counts: countsAt(world, at.hour, at.random), binsFrom }];
  const context = { levelOf: () => LEVEL, versionShare: 1, siblings: [] };
  return stepSignals(state, signals, { window, context, options: OPTIONS });
}

function learned(world: World): SignalsState {
  const random = seededRandom(3);
  let state = signalsState(null);
  for (let hour = 0; hour < MONTH; hour++) state = stepOf(world, state, { hour, random }).state;
  return state;
}

function medianByDraws(known: SignalsState, world: World): number {
  const delays = Array.from({ length: 15 }, (_, draw) => {
    const random = seededRandom(100 + draw);
    let state = known;
    for (let hour = MONTH; hour < MONTH + WINDOWS_MAX; hour++) {
      const step = stepOf(world, state, { hour, random });
      if (step.readings.some(({ outcome }) => outcome === 'alarm')) return hour - MONTH + 1;
      state = step.state;
    }
    return WINDOWS_MAX + 1;
  });
  return delays.sort((a, b) => a - b)[7] ?? 0;
}

const question = (world: World, known: SignalsState, shift: MixShift) => {
  const watch = known.signals['mix'];
  if (watch?.phase !== 'watching') throw new Error('still gathering');
  return {
    ...{ signal: world.signal, watch, shift, level: LEVEL },
    binsFrom: world.signal.endsWith('_cell') ? cellBins : binsOf,
    outlook: {
      isTimed: true,
      from: new Date(START + MONTH * HOUR),
      windowMs: HOUR,
      rowsAt: () => world.rows,
      sessionRows: 1,
    },
  };
};

const LANGUAGES = { en: 0.6, de: 0.25, fr: 0.1, es: 0.05 };
const CELLS = { '0 price': 0.4, '1 ship': 0.3, '0 price +': 0.15, '1 ship ++': 0.1, '1 ship +++': 0.05 };
const byDay = (hour: number) => {
  const night = 0.3 * Math.sin((2 * Math.PI * hour) / 24);
  return { ...LANGUAGES, en: 0.6 - night, de: 0.25 + night / 2 };
};

const CASES: readonly {
  readonly name: string;
  readonly world: World;
  readonly shift: MixShift;
  readonly changedAt: (hour: number) => Readonly<Record<string, number>>;
}[] = [
  {
    name: 'a new category',
    world: { signal: 'prompt_language', rows: 100, sharesAt: () => LANGUAGES },
    shift: { to: 'new', share: 0.05 },
    changedAt: () => ({ ...LANGUAGES, it: 0.05 / 0.95 }),
  },
  {
    name: 'more of the commonest, in sessions',
    world: { signal: 'prompt_language', rows: 200, sessionRows: 5, sharesAt: () => LANGUAGES },
    shift: { to: 'commonest', share: 0.1 },
    changedAt: () => ({ en: 0.7, de: 0.1875, fr: 0.075, es: 0.0375 }),
  },
  {
    name: 'a new category, with hours of a day',
    world: { signal: 'prompt_language', rows: 60, sharesAt: byDay },
    shift: { to: 'new', share: 0.04 },
    changedAt: (hour) => ({ ...byDay(hour), it: 0.04 / 0.96 }),
  },
  {
    name: 'texts outside the usual topics',
    world: { signal: 'prompt_cell', rows: 200, sharesAt: () => CELLS },
    shift: { to: 'outside', share: 0.05 },
    changedAt: () => ({ ...CELLS, '0 price +++': 0.029, '1 ship +++': 0.0736 }),
  },
];

it.each(CASES)('says when a change of mix is called: $name', ({ world, shift, changedAt }) => {
  const known = learned(world);
  const said = windowsToSeeMix(question(world, known, shift));
  const seen = medianByDraws(known, { ...world, sharesAt: changedAt });
  expect(said?.windows).toBeGreaterThanOrEqual(seen / 2);
  expect(said?.windows).toBeLessThanOrEqual(seen * 2);
});

it('never sees a change of none, and says of a fall of the commonest what it says of a rise of the others', () => {
  const world: World = { signal: 'prompt_language', rows: 100, sharesAt: () => LANGUAGES };
  const asked = question(world, learned(world), { to: 'new', share: 0 });
  expect(windowsToSeeMix(asked)).toBeNull();
  const fall = windowsToSeeMix({ ...asked, shift: { to: 'commonest', share: -0.3 } });
  expect(fall?.windows).toBeLessThanOrEqual(3);
  expect(windowsToSeeMix({ ...asked, shift: { to: 'new', share: 0.3 }, isTold: () => false })).toBeNull();
});
