import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { Config } from '../../core/config.ts';
import { AppError } from '../../core/errors.ts';
import { streamServer } from '../keys/admin-client.ts';
import type { AdminAccess } from '../keys/admin-file.ts';
import { runningServer } from '../keys/open-key-admin.ts';
import { openMigratedStore } from '../store.ts';
import { type ExportedRecord, type ExportRequest, exportSource } from './export-source.ts';

/**
 * Does some work on the inferences of a request: by way of the server that has the settings' embedded store open, if there
 * is one, else from the store itself. @throws AppError what opening the store throws, and what `work` throws
 */
export async function withExport<T>(
  { config, request, signal }: { config: Config; request: ExportRequest; signal: AbortSignal },
  work: (records: AsyncIterable<ExportedRecord>) => Promise<T>,
): Promise<T> {
  const server = await runningServer(config);
  if (server !== null) return work(await remoteRecords(server, request, signal));
  const { store } = await openMigratedStore(config);
  try {
    return await work(untilAborted(await exportSource(store, request, new Date()), signal));
  } finally {
    await store.close();
  }
}

async function* untilAborted(
  records: AsyncIterable<ExportedRecord>,
  signal: AbortSignal,
): AsyncGenerator<ExportedRecord> {
  for await (const record of records) {
    signal.throwIfAborted();
    yield record;
  }
}

async function remoteRecords(
  server: AdminAccess,
  request: ExportRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<ExportedRecord>> {
  const body = await streamServer(server, '/export', { body: request, signal });
  return recordsOfLines(body, signal);
}

async function* recordsOfLines(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<ExportedRecord> {
  const input = Readable.fromWeb(body);
  // Without a listener an answer that breaks off would end the lines as if they were all.
  let fault: unknown = null;
  input.on('error', (error) => {
    fault = error;
  });
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== '') yield JSON.parse(line) as ExportedRecord;
  signal.throwIfAborted();
  if (fault !== null)
    throw new AppError('upstream_unavailable', 'the server that has the store open broke off its answer', {
      cause: fault,
    });
}
