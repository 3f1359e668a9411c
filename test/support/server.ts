import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../core/package-root.ts';

export interface RunningServer {
  readonly url: string;
  readonly process: ChildProcess;
  /** Ends it as the system would, and waits; gives its exit code. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

const MAIN = join(packageRoot, 'dist', 'app', 'main.js');

/** Starts the built service on a free port, with these settings, and waits until it takes requests. */
export async function startServer(settings: Readonly<Record<string, string>>): Promise<RunningServer> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--json'], {
    env: { PATH: process.env['PATH'], LOG_LEVEL: 'error', PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await Promise.race([
    firstAddress(child),
    exited.then(([code]) => {
      throw new Error(`the service ended with ${code} before it listened`);
    }),
  ]);
  return {
    url,
    process: child,
    async end(signal) {
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

async function firstAddress(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the service has no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    const { listening } = JSON.parse(line) as { listening?: string };
    if (listening) return listening;
  }
  throw new Error('the service closed its output before it listened');
}
