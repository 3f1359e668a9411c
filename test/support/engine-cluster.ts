import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../core/package-root.ts';
import { openStore, type Store } from '../../sql/client.ts';
import { freePort } from './free-port.mjs';

/** What a cluster needs that a machine may not have: Python 3 on Linux for x64 or arm64. */
export const canRunCluster =
  process.platform === 'linux' && spawnSync('python3', ['-c', 'import ctypes']).status === 0;

export interface EngineCluster {
  readonly name: string;
  readonly database: string;
  /** As the service sees it: through the first server. */
  readonly store: Store;
  /** Each server for itself: what lies on its shard. */
  readonly shards: readonly Store[];
  stop(): Promise<void>;
}

interface Node {
  readonly tcp: number;
  readonly http: number;
}

const NAME = 'main';
const START_MS_MAX = 60_000;

/**
 * Servers of the real engine, each a shard, that speak to each other by the native protocol. What it lacks beside a
 * real cluster: the queue behind `ON CLUSTER` (a statement is sent to each server instead) and Replicated tables (the
 * engine of the same name without the prefix stands in).
 */
export async function startEngineCluster(shardCount: number): Promise<EngineCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-cluster-'));
  const nodes: Node[] = [];
  for (let at = 0; at < shardCount; at++) nodes.push({ tcp: await freePort(), http: await freePort() });
  const children = await Promise.all(nodes.map((node, at) => startNode(join(folder, `${at}`), node, nodes)));
  const shards = await Promise.all(nodes.map((node) => openNode(node)));
  const [first] = shards;
  if (!first) throw new Error('a cluster has at least one shard');
  return {
    name: NAME,
    database: 'default',
    store: spreading(first, shards),
    shards,
    async stop() {
      await Promise.all(shards.map((shard) => shard.close()));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startNode(folder: string, node: Node, nodes: readonly Node[]): Promise<ChildProcess> {
  await mkdir(folder);
  const config = join(folder, 'config.xml');
  const shards = nodes.map(
    ({ tcp }) =>
      `<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>${tcp}</port></replica></shard>`,
  );
  await writeFile(
    config,
    `<clickhouse><tcp_port>${node.tcp}</tcp_port><http_port>${node.http}</http_port>
       <remote_servers><${NAME}>${shards.join('')}</${NAME}></remote_servers></clickhouse>`,
  );
  const child = spawn(
    'python3',
    [
      join(packageRoot, 'test/support/engine-server.py'),
      engineLibrary(),
      `--config-file=${config}`,
      `--path=${join(folder, 'data')}`,
      '--listen_host=127.0.0.1',
      `--tcp_port=${node.tcp}`,
      `--http_port=${node.http}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await answering(node, child);
  return child;
}

/** The engine's library, in the package that chdb has for this platform. */
function engineLibrary(): string {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve('chdb'));
  return join(dirname(resolve(`@chdb/lib-linux-${process.arch}-gnu/package.json`)), 'libchdb.so');
}

async function answering({ http }: Node, child: ChildProcess): Promise<void> {
  const end = Date.now() + START_MS_MAX;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the engine ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${http}/ping`).catch(() => null);
    if (answer?.ok) return;
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error(`the engine did not answer within ${START_MS_MAX / 1000} s`);
}

const openNode = ({ http }: Node): Promise<Store> =>
  openStore({
    kind: 'server',
    url: `http://127.0.0.1:${http}`,
    database: 'default',
    username: 'default',
    password: '',
    isCluster: true,
  });

function spreading(first: Store, shards: readonly Store[]): Store {
  return {
    ...first,
    async command(query, params) {
      if (!query.includes('ON CLUSTER')) return first.command(query, params);
      const alone = query
        .replace(` ON CLUSTER '${NAME}'`, '')
        .replace(
          /Replicated(\w*MergeTree)\('[^']*', '\{replica\}'(?:, )?/,
          (_, engine: string) => `${engine}(`,
        );
      await Promise.all(shards.map((shard) => shard.command(alone, params)));
    },
  };
}
