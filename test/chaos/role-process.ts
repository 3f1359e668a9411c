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
/** Twice what Kubernetes gives: the machine may be busy. */
const END_MS_MAX = 60_000;

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
  // The newest word on whether it should run: whoever waits looks at it again.
  let order = 0;
  // What was started last may still be ending, and has the port until it is gone.
  let last: ChildProcess | null = null;
  let gone: Promise<unknown> = Promise.resolve();

  async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    if (child) return;
    const own = ++order;
    await gone;
    if (own !== order) return;
    const started = launch(options, { ...env, PORT: String(port) });
    child = started;
    last = started;
    children.add(started);
    const exited = once(started, 'exit').finally(() => children.delete(started));
    gone = exited;
    exited.then(async () => {
      if (child !== started) return;
      crashes++;
      child = null;
      const ended = order;
      await sleep(RESTART_MS);
      if (ended === order) await start(env);
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
      order++;
      // Told to end once, it is not told again, but may be killed.
      if (child || signal === 'SIGKILL') last?.kill(signal);
      child = null;
      const tooLate = new AbortController();
      const late = sleep(END_MS_MAX, true, { signal: tooLate.signal }).catch(() => false);
      const isLate = await Promise.race([gone.then(() => false), late]);
      tooLate.abort();
      if (isLate) throw new Error(`${name} has not ended ${END_MS_MAX} ms after ${signal}`);
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
