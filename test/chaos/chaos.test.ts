import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { killAtRandom, stormOfWriters, takeOver } from './disturbances.ts';
import { form, isShort, seed, until } from './form.ts';
import { type Installation, startInstallation } from './installation.ts';
import { type Load, startLoad } from './load.ts';
import { dripPoison, sendWithPoison } from './poison.ts';
import { createReport } from './report.ts';
import type { RoleProcess } from './role-process.ts';
import { runScenario, type ScenarioOptions } from './scenario.ts';
import { countsOf, expectStoredOnce } from './settled.ts';
import { expectWindowsInARow } from './windows.ts';

// Real processes, a real broker, a real engine. The scenarios share one installation, each with a project of its own, so
// that what one leaves behind is the next one's trouble; a steady load runs under all of them.

const title = `${isShort ? 'short' : 'long'} form, CHAOS_SEED=${seed}`;
const random = seededRandom(seed);
const report = createReport(title);
let installation: Installation;
let steady: Load;
beforeAll(async () => {
  console.log(title);
  installation = await startInstallation();
  steady = startLoad({
    url: () => installation.ingest.url,
    project: 'steady',
    senders: 1,
    rowsPerBody: 20,
    pauseMs: 500,
    random: seededRandom(seed + 1),
  });
});
afterAll(() => installation?.stop());

const scenario = async (options: ScenarioOptions): Promise<void> =>
  report.add(await runScenario(installation, options));

describe('nothing is lost, nothing is doubled', () => {
  it('when the active analyzer and the active alerter are killed', async () => {
    await scenario({
      name: 'take-over',
      async disturb() {
        const times: string[] = [];
        let kills = 0;
        for (let round = 0; round < form.takeOvers; round++) {
          for (const role of ['analyzer', 'alerter'] as const) {
            const { ms } = await takeOver(installation[`${role}s`], `plumbline_${role}_active`);
            times.push(`${role} ${(ms / 1_000).toFixed(1)} s`);
            kills++;
            expect(ms).toBeLessThanOrEqual(30_000);
          }
        }
        return { kills, notes: `taken over after ${times.join(', ')}` };
      },
    });
  });

  it('when ingest, writers and the broker are killed at random points', async () => {
    await scenario({
      name: 'kills',
      async disturb() {
        const drip = dripPoison(installation, { project: 'kills', pauseMs: 1_000 });
        const kills = await killAtRandom(installation, random);
        const notes = [...kills].map(([name, times]) => `${name} ×${times}`).join(', ');
        return { kills: form.kills, notes, poison: await drip.stop() };
      },
    });
  });

  it('while the broker is away: ingest asks to come back, within bounds of time and memory', async () => {
    await scenario({
      name: 'broker-down',
      load: { senders: 24, rowsPerBody: 100, textBytes: 1_000, pauseMs: 400 },
      async disturb(load) {
        const { broker, ingest } = installation;
        await sleep(2_000);
        const before = await residentMb(ingest);
        await broker.kill('SIGKILL');
        let most = before;
        const endMs = performance.now() + form.outageMs;
        while (performance.now() < endMs) {
          most = Math.max(most, await residentMb(ingest));
          await sleep(500);
        }
        const refused = load.stats().refusals;
        await broker.restart();
        expect(refused).toBeGreaterThan(0);
        // One attempt takes seven seconds; a request waits for the attempt before its own at most.
        expect(load.stats().slowestAnswerMs).toBeLessThan(30_000);
        expect(most - before).toBeLessThan(256);
        const acknowledged = load.acknowledged.size;
        await until('ingest takes records again', {
          read: async () => load.acknowledged.size,
          isDone: (now) => now > acknowledged,
        });
        return { kills: 1, notes: `ingest held ${before.toFixed(0)} MB, at most ${most.toFixed(0)} MB` };
      },
    });
  });

  it('while the store is away: ingest goes on, the lag grows and shrinks, the writers stay members', async () => {
    await scenario({
      name: 'store-down',
      async disturb(load) {
        const { clickhouse, writers } = installation;
        await until('two writers in the group', { read: () => members(), isDone: (ids) => ids.length === 2 });
        const before = await members();
        const lagBefore = (await lagOf(writers[0])) ?? 0;
        await clickhouse.kill('SIGKILL');
        const acknowledged = load.acknowledged.size;
        await sleep(form.outageMs);
        expect(load.acknowledged.size).toBeGreaterThan(acknowledged);
        const lag = await until('the lag to grow', {
          read: () => lagOf(writers[0]),
          isDone: (now) => now !== null && now > lagBefore,
          ms: 30_000,
        });
        const during = await members();
        await clickhouse.restart();
        expect(during).toEqual(before);
        await until('the lag to shrink', {
          read: () => lagOf(writers[0]),
          isDone: (now) => now !== null && now < (lag ?? 0),
        });
        expect(load.stats().refusals).toBe(0);
        return { kills: 1, notes: `lag ${lagBefore}, then ${lag} messages` };
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

  it('when a writer that was given up for dead wakes up', async () => {
    await scenario({
      name: 'zombie',
      async disturb(load) {
        const [zombie] = installation.writers;
        await sleep(2_000);
        zombie.signal('SIGSTOP');
        // The session lasts 10 s, and then another takes over.
        await until('the other writer to be alone', {
          read: async () => members(),
          isDone: (ids) => ids.length === 1,
        });
        const stored = (await countsOf(installation, 'zombie')).ids;
        await until('the other writer to go on', {
          read: async () => (await countsOf(installation, 'zombie')).ids,
          isDone: (ids) => ids > stored,
        });
        zombie.signal('SIGCONT');
        const acknowledged = load.acknowledged.size;
        await sleep(3_000);
        expect(load.acknowledged.size).toBeGreaterThan(acknowledged);
        return { notes: 'stopped until its partitions were another’s, then continued' };
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

  it('while the store is slow', async () => {
    await scenario({
      name: 'slow-store',
      load: { textBytes: 2_000 },
      async disturb(load) {
        const { storeProxy, writers } = installation;
        const lagBefore = (await lagOf(writers[1])) ?? 0;
        storeProxy.slow(10_000);
        await sleep(form.slowMs);
        const lag = await until('the lag to grow', {
          read: () => lagOf(writers[1]),
          isDone: (now) => now !== null && now > lagBefore,
        });
        await storeProxy.restore();
        expect(load.stats().refusals).toBe(0);
        return { notes: `lag ${lagBefore}, then ${lag} messages` };
      },
    });
  });

  it('and all through it windows were judged one after the other, none twice, none left out', async () => {
    const startMs = performance.now();
    await steady.stop();
    const counts = await expectStoredOnce(installation, 'steady', steady.acknowledged);
    const windows = await expectWindowsInARow(installation, 'steady');
    const { longestOutageMs } = steady.stats();
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
      seconds: (performance.now() - startMs) / 1_000,
      notes: `${windows} windows of a minute`,
    });
  });
});

/** Names of the writers' group's members, sorted. */
async function members(): Promise<string[]> {
  const admin = installation.kafka.admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups(['chaos.writer']);
    return (groups[0]?.members ?? []).map(({ memberId }) => memberId).sort();
  } finally {
    await admin.disconnect();
  }
}

const lagOf = (writer: RoleProcess): Promise<number | null> => writer.figure('plumbline_log_lag_messages');

async function residentMb(one: RoleProcess): Promise<number> {
  return ((await one.figure('process_resident_memory_bytes')) ?? 0) / 2 ** 20;
}

function clockShiftedBy(ms: number): Record<string, string> {
  const preload = pathToFileURL(join(packageRoot, 'test', 'chaos', 'shift-clock.mjs'));
  return { NODE_OPTIONS: `--import=${preload}`, CLOCK_SHIFT_MS: String(ms) };
}
