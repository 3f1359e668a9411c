import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../sql/client.ts';
import { startEngineServer } from './engine-server.ts';
import { freePort } from './free-port.mjs';

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

/**
 * Servers of the real engine, each a shard, that speak to each other by the native protocol. What it lacks beside a
 * real cluster: the queue behind `ON CLUSTER` (a statement is sent to each server instead) and Replicated tables (the
 * engine of the same name without the prefix stands in).
 */
export async function startEngineCluster(shardCount: number): Promise<EngineCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-cluster-'));
  const nodes: Node[] = [];
  for (let at = 0; at < shardCount; at++) nodes.push({ tcp: await freePort(), http: await freePort() });
  const servers = await Promise.all(
    nodes.map(async (node, at) => {
      const home = join(folder, `${at}`);
      await mkdir(home);
      await writeFile(join(home, 'config.xml'), configOf(node, nodes));
      return startEngineServer({ folder: home, ...node });
    }),
  );
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
      await Promise.all(servers.map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configOf(node: Node, nodes: readonly Node[]): string {
  const shards = nodes.map(
    ({ tcp }) =>
      `<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>${tcp}</port></replica></shard>`,
  );
  return `<clickhouse><tcp_port>${node.tcp}</tcp_port><http_port>${node.http}</http_port>
    <remote_servers><${NAME}>${shards.join('')}</${NAME}></remote_servers></clickhouse>`;
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
