import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../core/package-root.ts';

/** What a real server needs that a machine may not have: Python 3 on Linux. */
export const canRunEngineServer =
  process.platform === 'linux' && spawnSync('python3', ['-c', 'import ctypes']).status === 0;
if (!canRunEngineServer && process.env['CI'])
  throw new Error('CI needs Python 3 on Linux, to start servers of the engine');

export interface EngineServer {
  stop(): Promise<void>;
}

const START_MS_MAX = 60_000;

/** The engine as a server of its own process, by the `config.xml` in `folder` and what lies in `config.d` beside it. */
export async function startEngineServer({
  folder,
  tcp,
  http,
  env = {},
}: {
  folder: string;
  tcp: number;
  http: number;
  env?: Readonly<Record<string, string>>;
}): Promise<EngineServer> {
  const child = spawn(
    'python3',
    [
      join(packageRoot, 'test/support/engine-server.py'),
      engineLibrary(),
      `--config-file=${join(folder, 'config.xml')}`,
      `--path=${join(folder, 'data')}`,
      '--listen_host=127.0.0.1',
      `--tcp_port=${tcp}`,
      `--http_port=${http}`,
    ],
    { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const end = Date.now() + START_MS_MAX;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the engine ended with ${child.exitCode}: ${said}`);
    const answer = await fetch(`http://127.0.0.1:${http}/ping`).catch(() => null);
    if (answer?.ok) return { stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`the engine did not answer within ${START_MS_MAX / 1000} s: ${said}`);
}

/** The engine's library, in the package that chdb has for this platform. */
function engineLibrary(): string {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('chdb'));
  return join(dirname(resolve(`@chdb/lib-linux-${process.arch}-gnu/package.json`)), 'libchdb.so');
}
