import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Line } from './line-queue.ts';

/** Lines on their way: of the queue, or of a file that was spilled. */
export interface Batch {
  readonly lines: readonly Line[];
  /** It reached the service, or never will. */
  settle(): Promise<void>;
  /** It is to be tried again. */
  keep(): Promise<void>;
  /** It is to be tried again in halves. */
  halve(): Promise<void>;
}

/** As quick as it gets: lines of one host are much alike, so that they shrink to a tenth even so. */
const GZIP_LEVEL = 1;
const compress = promisify(gzip);

/** The body of a request and what its headers say of it: compressed, if that can be done. */
export async function packed(
  lines: readonly Line[],
): Promise<{ body: Uint8Array; headers: Record<string, string> }> {
  const plain = Buffer.from(lines.map(({ text }) => text).join('\n'));
  const body = await compress(plain, { level: GZIP_LEVEL }).catch(() => plain);
  const headers = { 'content-type': 'application/x-ndjson', 'content-length': String(body.length) };
  return { body, headers: body === plain ? headers : { ...headers, 'content-encoding': 'gzip' } };
}
