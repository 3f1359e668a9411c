import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.mjs';

const SERVER = fileURLToPath(new URL('./clickhouse-server.mjs', import.meta.url));
/** Queries that the server runs at once; the engine shares its cores among them. */
const THREADS = 16;

/**
 * Starts clickhouse-server.mjs and waits until it takes requests.
 *
 * @param options see clickhouse-process.d.mts
 * @throws Error when the process ends before it listens; its words are on standard error
 */
export async function startClickHouse(options = {}) {
  const port = options.port || (await freePort());
  const folder = options.dir ?? (await mkdtemp(join(tmpdir(), 'plumbline-clickhouse-')));
  const args = ['--port', String(port), '--dir', folder];
  if (options.user !== undefined) args.push('--user', options.user, '--password', options.password ?? '');
  for (const name of options.databases ?? []) args.push('--database', name);
  let child = await launch(args);
  // Whoever ends without a word to us, ends the server too; SIGKILL alone leaves it behind.
  process.on('exit', () => child?.kill('SIGKILL'));
  const kill = async (signal = 'SIGKILL') => {
    const ending = child;
    child = null;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, 'exit');
    ending.kill(signal);
    await exited;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    folder,
    get pid() {
      return child?.pid ?? null;
    },
    kill,
    async restart() {
      await kill('SIGTERM');
      child = await launch(args);
    },
    async stop() {
      await kill('SIGKILL');
      if (options.dir === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(args) {
  const child = spawn(process.execPath, [SERVER, ...args], {
    env: { ...process.env, UV_THREADPOOL_SIZE: String(THREADS) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the ClickHouse of the tests ended with ${code} before it listened`);
  });
  await Promise.race([once(createInterface({ input: child.stdout }), 'line'), failed]);
  // From here on an end is what `kill` asked for, or shows in the requests.
  failed.catch(() => {});
  return child;
}
