import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { killAtRandom, stormOfWriters, takeOver } from './disturbances.ts';
import { form, isShort, seed, until } from './form.ts';
import { membersOf, steadyMembers } from './group.ts';
import { type Installation, startInstallation } from './installation.ts';
import { AGE_MS_MAX, type Load, startLoad } from './load.ts';
import { dripPoison, sendWithPoison } from './poison.ts';
import { createReport } from './report.ts';
import type { RoleProcess } from './role-process.ts';
import { runScenario, type ScenarioOptions, type Stored } from './scenario.ts';
import { countsOf, expectRolledUp, expectStoredOnce } from './settled.ts';
import { expectWindowsInARow } from './windows.ts';

// Real processes, a real broker, a real engine. The scenarios share one installation, each with a project of its own, so
// that what one leaves behind is the next one's trouble; a steady load runs under all of them.

const title = `${isShort ? 'short' : 'long'} form, CHAOS_SEED=${seed}`;
/** What ingest promises at the longest: a request waits for the attempt before its own, and no attempt takes half of this. */
const ANSWER_MS_MAX = 30_000;
const random = seededRandom(seed);
const report = createReport(title);
let installation: Installation;
let steady: Load;
let steadySinceMs = 0;
beforeAll(async () => {
  console.log(title);
  installation = await startInstallation();
  steadySinceMs = Date.now();
  steady = startLoad({
    url: () => installation.ingest.url,
    project: 'steady',
    senders: 1,
    rowsPerBody: 20,
    pauseMs: 500,
    random: seededRandom(seed + 1),
  });
});
afterAll(async () => {
  await steady?.abandon();
  await installation?.stop();
});

const stored: Stored[] = [];

const scenario = async (options: ScenarioOptions): Promise<unknown> =>
  stored.push(await runScenario(installation, options));

/**
 * Rollups take their time, and need not be waited for after each scenario: only before what has a hand in them is
 * disturbed again, lest that should mend what an earlier scenario broke.
 */
async function expectRollups(): Promise<void> {
  for (let seen = stored.shift(); seen; seen = stored.shift()) {
    const { minute, hour } = await expectRolledUp(installation, seen.scenario, seen.acknowledged);
    report.add({ ...seen, minute, hour });
  }
}

describe('nothing is lost, nothing is doubled', () => {
  it('while the broker is away: ingest asks to come back, within bounds of time and memory', async () => {
    await scenario({
      name: 'broker-down',
      load: { senders: 24, rowsPerBody: 100, textBytes: 1_000, pauseMs: 400 },
      async disturb(load) {
        const { broker, ingest } = installation;
        await sleep(2_000);
        const before = await residentMb(ingest);
        const { refusals } = load.stats();
        await broker.kill('SIGKILL');
        const backMs = performance.now() + form.outageMs;
        let most = before;
        await until('ingest to ask to come back', {
          async read() {
            most = Math.max(most, await residentMb(ingest));
            return load.stats().refusals;
          },
          isDone: (now) => now > refusals && performance.now() > backMs,
          ms: form.outageMs + ANSWER_MS_MAX,
        });
        await broker.restart();
        const acknowledged = load.acknowledged.size;
        await until('ingest takes records again', {
          read: async () => load.acknowledged.size,
          isDone: (now) => now > acknowledged,
        });
        expect(load.stats().slowestAnswerMs).toBeLessThan(ANSWER_MS_MAX);
        expect(most - before).toBeLessThan(256);
        return { kills: 1, notes: `ingest held ${before.toFixed(0)} MB, at most ${most.toFixed(0)} MB` };
      },
    });
  });

  it('while the store is away: ingest goes on, the lag grows and shrinks, the writers stay members', async () => {
    await scenario({
      name: 'store-down',
      async disturb(load) {
        const { clickhouse, writers } = installation;
        const before = await steadyMembers(installation, writers);
        const { refusals } = load.stats();
        await clickhouse.kill('SIGKILL');
        const acknowledged = load.acknowledged.size;
        const [lag] = await Promise.all([risenLag(writers[0]), sleep(form.outageMs)]);
        await until('ingest to go on', {
          read: async () => load.acknowledged.size,
          isDone: (now) => now > acknowledged,
        });
        expect(await membersOf(installation)).toEqual(before);
        await clickhouse.restart();
        await until('the lag to shrink', {
          read: () => lagOf(writers[0]),
          isDone: (now) => now !== null && now < lag.most,
        });
        expect(load.stats().refusals).toBe(refusals);
        return { kills: 1, notes: `lag ${lag.least}, then ${lag.most} messages` };
      },
    });
  });

  it('while writers come and go', async () => {
    await scenario({
      name: 'rebalance-storm',
      async disturb() {
        const { changes, kills } = await stormOfWriters(installation, random);
        return { kills, notes: `${changes} writers came or went` };
      },
    });
  });

  it('and the rollups count each of these once, before the analyzers are killed', expectRollups);

  it('when the active analyzer and the active alerter are killed', async () => {
    await scenario({
      name: 'take-over',
      async disturb() {
        const times: string[] = [];
        for (let round = 0; round < form.takeOvers; round++) {
          const taken = await Promise.all(
            (['analyzer', 'alerter'] as const).map(async (role) => ({
              role,
              ms: await takeOver(installation[`${role}s`], `plumbline_${role}_active`),
            })),
          );
          for (const { role, ms } of taken) {
            times.push(`${role} ${(ms / 1_000).toFixed(1)} s`);
            expect(ms).toBeLessThanOrEqual(30_000);
          }
        }
        return { kills: times.length, notes: `taken over after ${times.join(', ')}` };
      },
    });
  });

  it('when a writer that was given up for dead wakes up', async () => {
    await scenario({
      name: 'zombie',
      async disturb(load) {
        const [zombie, other] = installation.writers;
        await until('both writers to be in the group', {
          read: () => membersOf(installation),
          isDone: (members) => [zombie, other].every((one) => members.some(({ name }) => name === one.name)),
        });
        zombie.signal('SIGSTOP');
        // The session lasts 10 s, and then another takes over.
        await until('the other writer to be alone', {
          read: () => membersOf(installation),
          isDone: (members) => members.every(({ name }) => name === other.name) && members.length === 1,
        });
        const { ids } = await countsOf(installation, 'zombie');
        await until('the other writer to go on', {
          read: () => countsOf(installation, 'zombie'),
          isDone: (counts) => counts.ids > ids,
        });
        zombie.signal('SIGCONT');
        const acknowledged = load.acknowledged.size;
        await until('it to come back', {
          read: () => membersOf(installation),
          isDone: (members) => members.some(({ name }) => name === zombie.name),
        });
        await until('ingest to go on', {
          read: async () => load.acknowledged.size,
          isDone: (now) => now > acknowledged,
        });
        return { notes: 'stopped until its partitions were another’s, then continued' };
      },
    });
  });

  it('and the rollups count these, before the broker is killed again', expectRollups);

  it('when ingest, writers and the broker are killed at random points', async () => {
    await scenario({
      name: 'kills',
      async disturb() {
        const drip = dripPoison(installation, { project: 'kills', pauseMs: 1_000 });
        // Also after a failure nothing may drip on.
        const kills = await killAtRandom(installation, random).finally(() => drip.stop());
        const notes = [...kills].map(([name, times]) => `${name} ×${times}`).join(', ');
        return { kills: form.kills, notes, poison: await drip.stop() };
      },
    });
  });

  it('with a poison message in every hundredth place', async () => {
    await scenario({
      name: 'poison',
      async disturb() {
        const sent = await sendWithPoison(installation, {
          project: 'poison',
          count: isShort ? 1_000 : 5_000,
        });
        await installation.writers[1].end('SIGKILL');
        await installation.ingest.end('SIGKILL');
        await Promise.all([installation.writers[1].start(), installation.ingest.start()]);
        return { ...sent, kills: 2 };
      },
    });
    const listed = async () => {
      const { code, stdout, stderr } = await installation.cli(['dlq', 'list', '--json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { offset: string; replays: number });
    };
    const letters = await listed();
    const offsets = letters.slice(-5).map(({ offset }) => offset);
    const replayed = await installation.cli(['dlq', 'replay', ...offsets, '--json']);
    expect(JSON.parse(replayed.stdout)).toEqual({ replayed: 5 });
    // Nobody mended them, so they come back, and say that they were sent back once.
    const again = await until('replayed letters', {
      read: listed,
      isDone: (now) => now.filter(({ replays }) => replays === 1).length === 5,
    });
    expect(again).toHaveLength(letters.length);
    expect(again.filter(({ offset }) => offsets.includes(offset))).toEqual([]);
  });

  it('while the store is slow', async () => {
    await scenario({
      name: 'slow-store',
      load: { textBytes: 2_000 },
      async disturb(load) {
        const { storeProxy, writers } = installation;
        storeProxy.slow(10_000);
        const [lag] = await Promise.all([risenLag(writers[1]), sleep(form.slowMs)]);
        await storeProxy.restore();
        expect(load.stats().refusals).toBe(0);
        return { notes: `lag ${lag.least}, then ${lag.most} messages` };
      },
    });
  });

  it('and the rollups count these, before clocks are changed', expectRollups);

  it('when clocks disagree: ingest and the active analyzer an hour ahead, a writer an hour behind', async () => {
    const { ingest, writers, analyzers } = installation;
    await scenario({
      name: 'clock-skew',
      async disturb() {
        const again = async (one: RoleProcess, env?: Record<string, string>): Promise<void> => {
          await one.end('SIGKILL');
          await one.start(env);
        };
        await analyzers[1].end('SIGKILL');
        await Promise.all([
          again(ingest, clockShiftedBy(3_600_000)),
          again(analyzers[0], clockShiftedBy(3_600_000)),
          again(writers[0], clockShiftedBy(-3_600_000)),
        ]);
        // What it counted, the next one counts again, an hour earlier by its own clock.
        await until('the analyzer whose clock is ahead to count', {
          read: async () => (await countsOf(installation, 'clock-skew')).minute,
          isDone: (count) => count > 0,
        });
        await sleep(form.slowMs);
        await analyzers[0].end('SIGKILL');
        await Promise.all([again(ingest), again(writers[0]), analyzers[1].start()]);
        await sleep(1_000);
        await analyzers[0].start();
        return { kills: 6 };
      },
    });
  });

  it('and the rollups count these in the end', expectRollups);

  it('and all through it windows were judged one after the other, none twice, none left out', async () => {
    const startMs = performance.now();
    await steady.stop();
    await expectStoredOnce(installation, 'steady', steady.acknowledged);
    const counts = await expectRolledUp(installation, 'steady', steady.acknowledged.size);
    const windows = await expectWindowsInARow(installation, {
      project: 'steady',
      firstMs: steadySinceMs - AGE_MS_MAX - 60_000,
    });
    const { longestOutageMs } = steady.stats();
    const seconds = (performance.now() - startMs) / 1_000;
    report.add({
      scenario: 'steady, under all of it',
      kills: 0,
      acknowledged: steady.acknowledged.size,
      stored: counts.rows,
      minute: counts.minute,
      hour: counts.hour,
      poison: 0,
      letters: 0,
      longestOutageMs,
      seconds,
      settling: seconds,
      notes: `${windows} windows of a minute`,
    });
  });
});

const lagOf = (writer: RoleProcess): Promise<number | null> => writer.figure('plumbline_log_lag_messages');

/** Waits until the lag that a writer tells of has grown from one reading to the next, and again. */
async function risenLag(writer: RoleProcess): Promise<{ readonly least: number; readonly most: number }> {
  let rising: number[] = [];
  await until('the lag to grow', {
    read: () => lagOf(writer),
    isDone(now) {
      const latest = rising.at(-1) ?? Number.NEGATIVE_INFINITY;
      if (now === null || now === latest) return false;
      rising = now > latest ? [...rising, now] : [now];
      return rising.length === 3;
    },
  });
  return { least: rising[0] ?? 0, most: rising.at(-1) ?? 0 };
}

async function residentMb(one: RoleProcess): Promise<number> {
  const bytes = await until(`the memory of ${one.name}`, {
    read: () => one.figure('process_resident_memory_bytes'),
    isDone: (value) => value !== null,
  });
  return (bytes ?? 0) / 2 ** 20;
}

function clockShiftedBy(ms: number): Record<string, string> {
  const preload = pathToFileURL(join(packageRoot, 'test', 'chaos', 'shift-clock.mjs'));
  return { NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT_MS: String(ms) };
}
