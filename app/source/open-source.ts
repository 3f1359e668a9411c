import { availableParallelism } from 'node:os';
import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import { openReader } from '../../sql/reader/open-reader.ts';
import { createSourceServer } from './source-server.ts';

/** The source that Grafana reads from, open. */
export interface Source {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Opens the source on an embedded store that is open with `hasReader`; null where the settings name no port for it.
 *
 * @throws AppError when the port is taken or not allowed
 */
export async function openSource(config: Config, log: Logger): Promise<Source | null> {
  if (config.SOURCE_PORT === undefined) return null;
  const timeMsMax = config.SOURCE_QUERY_TIME_MAX;
  const reader = await openReader(config.DATA_DIR, {
    timeMsMax,
    memoryBytesMax: config.SOURCE_MEMORY_BYTES_MAX,
    resultRowsMax: config.SOURCE_RESULT_ROWS_MAX,
    resultBytesMax: config.SOURCE_RESULT_BYTES_MAX,
    // The other half is for what comes in.
    threadsMax: Math.max(1, Math.floor(availableParallelism() / 2)),
  });
  const server = createSourceServer({
    host: config.SOURCE_HOST,
    port: config.SOURCE_PORT,
    account: { user: config.SOURCE_USER, password: config.SOURCE_PASSWORD.reveal() },
    queriesMax: config.SOURCE_QUERIES_MAX,
    queueMax: config.SOURCE_QUEUE_MAX,
    timeMsMax,
    reader,
    log,
  });
  try {
    const { url } = await server.start();
    return {
      url,
      async stop() {
        await server.stop();
        await reader.close();
      },
    };
  } catch (error) {
    await reader.close();
    throw error;
  }
}
