import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../core/package-root.ts';
import { freePort } from '../support/free-port.mjs';

export interface RoleProcessOptions {
  readonly name: string;
  readonly role: string;
  /** On the command line, before `serve`'s own. */
  readonly env: Readonly<Record<string, string>>;
  /** Its log goes to the end of this file. */
  readonly logFile: string;
}

/** `plumbline serve --role …` under somebody who starts it again when it ends by itself, as Kubernetes would. */
export interface RoleProcess {
  readonly name: string;
  /** The same after each start. */
  readonly url: string;
  readonly isRunning: boolean;
  /** Times it ended although nobody had asked it to. */
  readonly crashes: number;
  /** Resolves when it takes requests, or was ended again. @param env beside its own, for this start */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves when it is gone. It stays down until `start`. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** A figure of /metrics; null when it cannot be had. */
  figure(name: string): Promise<number | null>;
}

const MAIN = join(packageRoot, 'dist', 'app', 'main.js');
const RESTART_MS = 1_000;

/** Whoever ends without a word to us, ends them too; SIGKILL alone leaves them behind. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Nothing runs until `start`. */
export async function createRoleProcess(options: RoleProcessOptions): Promise<RoleProcess> {
  const { name } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;
  let crashes = 0;

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    if (child) return;
    const started = launch(options, { ...env, PORT: String(port) });
    child = started;
    children.add(started);
    const exited = once(started, 'exit').finally(() => children.delete(started));
    exited.then(async () => {
      if (child !== started) return;
      crashes++;
      child = null;
      await sleep(RESTART_MS);
      await start(env);
    }, ignore);
    await Promise.race([listening(started), exited]);
  }

  return {
    name,
    url,
    get isRunning() {
      return child !== null;
    },
    get crashes() {
      return crashes;
    },
    start,
    async end(signal) {
      const ending = child;
      child = null;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
      const exited = once(ending, 'exit');
      ending.kill(signal);
      await exited;
    },
    signal(signal) {
      child?.kill(signal);
    },
    figure: (figureName) => figureOf(url, figureName),
  };
}

const ignore = (): void => {};

function launch({ role, env, logFile }: RoleProcessOptions, more: Readonly<Record<string, string>>) {
  const log = openSync(logFile, 'a');
  try {
    return spawn(process.execPath, [MAIN, 'serve', '--json', '--role', role], {
      env: { PATH: process.env['PATH'], ...env, ...more },
      stdio: ['ignore', 'pipe', log],
    });
  } finally {
    closeSync(log);
  }
}

async function listening(child: ChildProcess): Promise<void> {
  if (!child.stdout) throw new Error('the process has no standard output');
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve) => {
    // Read to its end, so that what it prints later finds room.
    lines.on('line', (line) => {
      if ('listening' in JSON.parse(line)) resolve();
    });
  });
}

async function figureOf(url: string, name: string): Promise<number | null> {
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(await answer.text())?.[1];
    return value === undefined ? null : Number(value);
  } catch {
    return null;
  }
}
