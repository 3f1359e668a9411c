import type { ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';
import type { ReaderAnswer } from '../../sql/reader/open-reader.ts';
import type { ProtocolError } from './protocol-error.ts';

export interface SourceAnswerHead {
  /** Of the query: the caller's, or one made here. */
  readonly id: string;
  readonly timezone: string;
}

type Rows = Extract<ReaderAnswer, { ok: true }>;

/** What is not worth packing. */
const PACKED_BYTES_MIN = 1_024;

/** Sends rows, with the headers that ClickHouse sends; packed where the caller accepts it. */
export async function sendAnswer(
  res: ServerResponse,
  answer: Rows,
  { id, timezone, accepts }: SourceAnswerHead & { readonly accepts: string },
): Promise<void> {
  const { bytes, encoding } = await packed(answer.bytes, accepts);
  // The caller may have gone while this was packed.
  if (res.destroyed) return;
  res.writeHead(200, {
    'Content-Type': contentTypeOf(answer.format),
    'Content-Length': bytes.length,
    ...(encoding === null ? {} : { 'Content-Encoding': encoding }),
    'X-ClickHouse-Query-Id': printable(id),
    'X-ClickHouse-Format': answer.format,
    'X-ClickHouse-Timezone': timezone,
    'X-ClickHouse-Server-Display-Name': 'plumbline',
    'X-ClickHouse-Summary': summaryOf(answer),
    ...COMMON,
  });
  res.end(bytes);
}

/** Sends an exception as ClickHouse words it; cuts the connection where an answer has begun. */
export function sendError(res: ServerResponse, error: ProtocolError, version: string): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  // A body that was not read would be taken for the next request.
  if (!res.req.complete) res.setHeader('Connection', 'close');
  const text = `Code: ${error.code}. DB::Exception: ${error.message.trim()} (version ${version} (embedded))\n`;
  res.writeHead(error.status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(text),
    'X-ClickHouse-Exception-Code': String(error.code),
    ...COMMON,
  });
  res.end(text);
}

/** Nothing of it is kept, framed or taken for something else by a browser that gets hold of it. */
const COMMON = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
} as const;

const TYPES: readonly (readonly [start: RegExp, type: string])[] = [
  [/^JSON.*(EachRow|Progress)/, 'application/x-ndjson; charset=UTF-8'],
  [/^JSON/, 'application/json; charset=UTF-8'],
  [/^(TabSeparated|TSV)/, 'text/tab-separated-values; charset=UTF-8'],
  [/^CSVWith/, 'text/csv; charset=UTF-8; header=present'],
  [/^CSV/, 'text/csv; charset=UTF-8; header=absent'],
  [/^XML/, 'application/xml; charset=UTF-8'],
  [/^(Native|RowBinary|Arrow|Parquet)/, 'application/octet-stream'],
];

const contentTypeOf = (format: string): string =>
  TYPES.find(([start]) => start.test(format))?.[1] ?? 'text/plain; charset=UTF-8';

const summaryOf = ({ rowsRead, bytesRead, bytes, elapsedMs }: Rows): string =>
  JSON.stringify({
    read_rows: String(rowsRead),
    read_bytes: String(bytesRead),
    written_rows: '0',
    written_bytes: '0',
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: String(bytes.length),
    elapsed_ns: String(Math.round(elapsedMs * 1e6)),
  });

/** The fastest levels: what is saved beyond them does not pay on a machine's own network. */
const PACKERS: readonly (readonly [name: string, pack: (bytes: Uint8Array) => Promise<Buffer>])[] = [
  ['gzip', (bytes) => promisify(gzip)(bytes, { level: 1 })],
  ['deflate', (bytes) => promisify(deflate)(bytes, { level: 1 })],
  ['br', (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
];

async function packed(
  bytes: Uint8Array,
  accepts: string,
): Promise<{ bytes: Uint8Array; encoding: string | null }> {
  const names = accepts.split(',').map((part) => part.split(';', 1)[0]?.trim().toLowerCase());
  const [name, pack] = PACKERS.find(([known]) => names.includes(known)) ?? [];
  if (!name || !pack || bytes.length < PACKED_BYTES_MIN) return { bytes, encoding: null };
  return { bytes: await pack(bytes), encoding: name };
}

/** What a header can hold. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
