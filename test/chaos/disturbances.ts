import { setTimeout as sleep } from 'node:timers/promises';
import { form, until } from './form.ts';
import type { Installation } from './installation.ts';
import type { RoleProcess } from './role-process.ts';

/** Kills ingest, a writer or the broker, each in its turn, at random moments, and starts it again; gives how often each. */
export async function killAtRandom(
  { ingest, writers, broker }: Installation,
  random: () => number,
): Promise<ReadonlyMap<string, number>> {
  const kills = new Map<string, number>();
  for (let kill = 0; kill < form.kills; kill++) {
    const victim = [ingest, writers[kill % 2], null][kill % 3] ?? null;
    const name = victim?.name ?? 'broker';
    kills.set(name, (kills.get(name) ?? 0) + 1);
    await sleep(random() * form.pauseMs);
    await (victim ? killProcess(victim) : killBroker(broker));
  }
  await sleep(form.pauseMs);
  return kills;
}

/** Whether the next kill comes before it listens again is a matter of chance. */
async function killProcess(one: RoleProcess): Promise<void> {
  await one.end('SIGKILL');
  void one.start();
}

async function killBroker(broker: Installation['broker']): Promise<void> {
  await broker.kill('SIGKILL');
  await broker.restart();
}

/** Two more writers, one started or ended every second or two; gives how often, and how often by SIGKILL. */
export async function stormOfWriters(
  installation: Installation,
  random: () => number,
): Promise<{ readonly changes: number; readonly kills: number }> {
  const extra = [await installation.addWriter(), await installation.addWriter()];
  const endMs = performance.now() + form.stormMs;
  let [changes, kills] = [0, 0];
  while (performance.now() < endMs) {
    for (const one of extra) {
      if (await startOrEnd(one, random)) kills++;
      changes++;
      await sleep(1_000 + random() * 1_000);
    }
  }
  for (const one of extra) await one.end('SIGTERM');
  return { changes, kills };
}

/** True if it killed it. */
async function startOrEnd(one: RoleProcess, random: () => number): Promise<boolean> {
  if (!one.isRunning) {
    void one.start();
    return false;
  }
  const signal = random() < 0.5 ? 'SIGKILL' : 'SIGTERM';
  // What it does when it is told to end may take a while; whoever ends it for good hears of it if it takes too long.
  one.end(signal).catch(() => {});
  return signal === 'SIGKILL';
}

/** Kills the active one of two, and starts it again; how long (ms) until the other is active. */
export async function takeOver(pair: readonly [RoleProcess, RoleProcess], figure: string): Promise<number> {
  const active = await until(`${figure} of one`, {
    read: async () => {
      const figures = await Promise.all(pair.map((one) => one.figure(figure)));
      return figures.filter((value) => value === 1).length === 1 ? figures.indexOf(1) : null;
    },
    isDone: (index) => index !== null,
  });
  const [victim, other] = active === 0 ? pair : [pair[1], pair[0]];
  const startMs = performance.now();
  await victim.end('SIGKILL');
  await until(`${figure} of the other`, {
    read: () => other.figure(figure),
    isDone: (value) => value === 1,
  });
  const ms = performance.now() - startMs;
  await victim.start();
  return ms;
}
