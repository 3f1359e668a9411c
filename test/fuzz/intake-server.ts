import { createByteBudget } from '../../app/http/byte-budget.ts';
import { inferenceRoutes } from '../../app/http/inferences.ts';
import { createMetrics } from '../../app/http/metrics.ts';
import { otlpRoutes } from '../../app/http/otlp.ts';
import { scoreRoutes } from '../../app/http/scores.ts';
import { createServer } from '../../app/http/server.ts';
import { openIngestPath } from '../../app/ingest-path.ts';
import { parseConfig } from '../../core/config.ts';
import { createLogger } from '../../core/log.ts';
import type { CheckedBlock } from '../../ingest/block.ts';

/** Where rows end up: they are kept as parsed, or in a real store. */
export interface RowStore {
  insert(block: CheckedBlock): Promise<void>;
  keep?(contents: CheckedBlock): void;
}

export interface IntakeServer {
  readonly url: string;
  readonly port: number;
  /** Bytes of bodies held now: 0 when nothing is being read. */
  heldBytes(): number;
  stop(): Promise<void>;
}

/** The real way in, from socket to insert, over a store of the test's. */
export async function startIntake(
  store: RowStore,
  settings: Readonly<Record<string, string>> = {},
): Promise<IntakeServer> {
  // With a secret, no key is made and kept in the folder that the tests run in.
  const given = { COMMIT_WAIT_MS: '1ms', CHECK_WORKERS: '1', REDACTION_SECRET: 'a secret of the tests' };
  const config = parseConfig({ ...given, ...settings });
  const ingest = await openIngestPath(config, {
    insertInferences: (block) => store.insert(block),
    insertScores: (block) => store.insert(block),
    insertContents: async (block) => store.keep?.(block),
  });
  const metrics = createMetrics({});
  const budget = createByteBudget(config.IN_FLIGHT_BYTES_MAX);
  const options = { bodyBytesMax: config.BODY_BYTES_MAX, budget, metrics };
  const log = createLogger('silent');
  const server = createServer({
    host: '127.0.0.1',
    port: 0,
    log,
    metrics,
    routes: [
      { path: '/v1', router: inferenceRoutes(ingest, options) },
      { path: '/v1', router: scoreRoutes(ingest, options) },
      { path: '/v1', router: otlpRoutes(ingest.otlp, { ...options, log }) },
    ],
  });
  const { url } = await server.start();
  return {
    url,
    port: Number(new URL(url).port),
    heldBytes: () => budget.usedBytes,
    async stop() {
      await server.stop();
      await ingest.stop();
    },
  };
}

/** Keeps what it is given, as a store would read it. */
export function recordingStore(): RowStore & { readonly rows: Record<string, unknown>[] } {
  const rows: Record<string, unknown>[] = [];
  return {
    rows,
    async insert(block) {
      const lines = Buffer.from(block.lines).toString('utf8').split('\n').slice(0, -1);
      if (lines.length !== block.rows) throw new Error(`${lines.length} lines for ${block.rows} rows`);
      for (const line of lines) rows.push(JSON.parse(line));
    },
  };
}
