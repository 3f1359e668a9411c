import { describe, expect, it } from 'vitest';
import { seededRandom } from '../core/seeded-random.ts';
import { constant, WEEK, type World, windowOf } from '../test/support/hourly-world.ts';
import { stepStream } from './stream.ts';
import { DEFAULT_STREAM_OPTIONS, type StreamOptions } from './stream-options.ts';
import {
  type Predecessor,
  parseStreamState,
  predecessorFrom,
  type StreamState,
  serializeStreamState,
} from './stream-state.ts';

// A declared version is compared with the one before at 50 to 800 rows, at one false call in 100 versions.

const OF_TIME: StreamOptions = { ...DEFAULT_STREAM_OPTIONS, isTimed: true };
const OF_ROWS: StreamOptions = DEFAULT_STREAM_OPTIONS;
const HOURS = 2 * WEEK;

/** Windows of a world, as a stream of these options is told of them. */
function* told(world: World, from: number, at: { seed: number; hasSessions: boolean }) {
  const random = seededRandom(at.seed);
  for (let hour = from; ; hour++) {
    const { summaries, window } = windowOf(world, hour, random);
    const { sessions, ...bare } = window;
    yield { summaries, window: at.hasSessions ? { ...bare, sessions } : bare };
  }
}

function established(world: World, options: StreamOptions, hasSessions: boolean): Predecessor {
  let state: StreamState | null = null;
  let hour = 0;
  for (const { summaries, window } of told(world, 0, { seed: 1, hasSessions })) {
    state = stepStream(state, summaries, window, options).state;
    if (++hour === HOURS) break;
  }
  return predecessorFrom('1', state as StreamState) as Predecessor;
}

/** Of versions that begin at any hour of the week, how many are called different. */
function called(
  world: World,
  before: Predecessor,
  at: { options: StreamOptions; hasSessions: boolean; versions: number },
) {
  let found = 0;
  for (let version = 0; version < at.versions; version++) {
    const from = HOURS + ((version * 37) % WEEK);
    let state: StreamState | null = null;
    let isCalled = false;
    for (const { summaries, window } of told(world, from, {
      seed: 100 + version,
      hasSessions: at.hasSessions,
    })) {
      const step = stepStream(state, summaries, window, at.options, before);
      state = parseStreamState(serializeStreamState(step.state));
      isCalled ||= step.findings.some(
        ({ outcome, detector }) => outcome === 'alarm' && detector === 'version_comparison',
      );
      if (state.phase === 'watching') break;
    }
    if (isCalled) found++;
  }
  return found;
}

describe('a declared version that is the same', () => {
  it('is compared with what the hours that it ran in lead to expect', () => {
    const world: World = {
      kind: 'latency_ms',
      rows: 100,
      levelAt: (hour) => 0.5 * Math.sin((2 * Math.PI * hour) / 24),
    };
    const before = established(world, OF_TIME, true);
    const at = { versions: 40, hasSessions: true };
    expect(called(world, before, { ...at, options: OF_TIME })).toBeLessThanOrEqual(2);
    // As if hours were all alike: most versions begin in some that are not.
    expect(called(world, before, { ...at, options: OF_ROWS })).toBeGreaterThanOrEqual(20);
  });

  it('is compared session by session, in windows of rows as well', () => {
    const world: World = {
      kind: 'refusal',
      rows: 50,
      levelAt: constant(0.2),
      sessionRows: 10,
      correlation: 0.4,
    };
    for (const options of [OF_TIME, OF_ROWS]) {
      const at = { options, versions: 40 };
      const before = established(world, options, true);
      expect(called(world, before, { ...at, hasSessions: true })).toBeLessThanOrEqual(2);
    }
    const blind = established(world, OF_ROWS, false);
    expect(
      called(world, blind, { options: OF_ROWS, versions: 40, hasSessions: false }),
    ).toBeGreaterThanOrEqual(8);
  });
});

describe('a declared version that is worse', () => {
  it('is found even where the one before is a few hours old', () => {
    const world: World = { kind: 'refusal', rows: 25, levelAt: constant(0.1) };
    let state: StreamState | null = null;
    let hour = 0;
    for (const { summaries, window } of told(world, 0, { seed: 1, hasSessions: true })) {
      state = stepStream(state, summaries, window, OF_TIME).state;
      if (++hour === 24) break;
    }
    const before = predecessorFrom('1', state as StreamState) as Predecessor;
    const at = { options: OF_TIME, versions: 20, hasSessions: true };
    expect(called({ ...world, levelAt: constant(0.35) }, before, at)).toBe(20);
    expect(called(world, before, at)).toBeLessThanOrEqual(1);
  });

  it('is found among sessions and seasons', () => {
    const season = (hour: number) => 0.5 * Math.sin((2 * Math.PI * hour) / 24);
    const world: World = { kind: 'latency_ms', rows: 100, levelAt: season, sessionRows: 4, correlation: 0.2 };
    const before = established(world, OF_TIME, true);
    const slower = { ...world, levelAt: (hour: number) => season(hour) + 0.6 };
    expect(called(slower, before, { options: OF_TIME, versions: 20, hasSessions: true })).toBe(20);
    const rate: World = {
      kind: 'refusal',
      rows: 100,
      levelAt: constant(0.05),
      sessionRows: 4,
      correlation: 0.2,
    };
    const ofRate = established(rate, OF_TIME, true);
    const refusing = { ...rate, levelAt: constant(0.15) };
    expect(
      called(refusing, ofRate, { options: OF_TIME, versions: 20, hasSessions: true }),
    ).toBeGreaterThanOrEqual(18);
  });
});
