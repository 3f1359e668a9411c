import { expect } from 'vitest';
import { seededRandom } from '../../core/seeded-random.ts';
import { seed } from './form.ts';
import type { Installation } from './installation.ts';
import { type Load, type LoadOptions, startLoad } from './load.ts';
import type { Seen } from './report.ts';
import { expectStoredOnce, lettersOf, textOf } from './settled.ts';

/** What a scenario does to the installation while records come in. */
export interface Disturbance {
  /** Processes it killed with SIGKILL. */
  readonly kills?: number;
  readonly notes?: string;
  /** Ids that came in beside the load. */
  readonly ids?: ReadonlySet<string>;
  /** Messages that must become dead letters. */
  readonly poison?: ReadonlySet<string>;
}

export interface ScenarioOptions {
  /** Also the project of its records. */
  readonly name: string;
  readonly load?: Partial<LoadOptions>;
  readonly disturb: (load: Load) => Promise<Disturbance>;
}

const LOAD = { senders: 3, rowsPerBody: 40, pauseMs: 60 };

/** What was seen before the rollups were looked at. */
export type Stored = Omit<Seen, 'minute' | 'hour'>;

/**
 * Disturbs the installation under load; then all that was acknowledged must be stored, once, and all poison beside it.
 * After a failure the installation is as it was, and the load is gone.
 */
export async function runScenario(installation: Installation, options: ScenarioOptions): Promise<Stored> {
  const load = startLoad({
    ...LOAD,
    url: () => installation.ingest.url,
    project: options.name,
    random: seededRandom(seed),
    ...options.load,
  });
  try {
    return await runUnder(load, installation, options);
  } catch (error) {
    await load.abandon();
    await installation
      .mend()
      .catch((cause: unknown) => console.error('the installation cannot be mended', cause));
    throw error;
  }
}

async function runUnder(
  load: Load,
  installation: Installation,
  { name, disturb }: ScenarioOptions,
): Promise<Stored> {
  const startMs = performance.now();
  const before = installation.crashes();
  const { kills = 0, notes = '', ids = new Set<string>(), poison = new Set<string>() } = await disturb(load);
  const disturbedMs = performance.now();
  await load.stop();
  const acknowledged = new Set([...load.acknowledged, ...ids]);
  expect(acknowledged.size).toBeGreaterThan(0);
  await expectStoredOnce(installation, name, acknowledged);
  const letters = await expectLetters(installation, { project: name, poison });
  expect(installation.crashes()).toEqual(before);
  const { longestOutageMs, slowestAnswerMs, refusals, unanswered } = load.stats();
  return {
    scenario: name,
    kills,
    acknowledged: acknowledged.size,
    stored: acknowledged.size,
    poison: poison.size,
    letters,
    longestOutageMs,
    seconds: (performance.now() - startMs) / 1_000,
    settling: (performance.now() - disturbedMs) / 1_000,
    notes: [
      `${refusals} refused, ${unanswered} unanswered, slowest answer ${(slowestAnswerMs / 1_000).toFixed(1)} s`,
      notes,
    ]
      .filter((note) => note !== '')
      .join('; '),
  };
}

async function expectLetters(
  installation: Installation,
  { project, poison }: { project: string; poison: ReadonlySet<string> },
): Promise<number> {
  if (poison.size === 0) return 0;
  const letters = await lettersOf(installation, { project, count: poison.size });
  const texts = letters.map(textOf).sort();
  expect(texts).toEqual([...poison].sort());
  return letters.length;
}
