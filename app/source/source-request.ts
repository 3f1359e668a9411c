import type { IncomingMessage } from 'node:http';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { ReaderQuery } from '../../sql/reader/open-reader.ts';
import { ProtocolError } from './protocol-error.ts';

/** A request taken apart. */
export interface SourceRequest {
  readonly queryId: string | null;
  readonly query: ReaderQuery;
  /** The answer may be compressed by what `Accept-Encoding` names. */
  readonly mayCompress: boolean;
}

/** Statement and values together: the text of the longest panel is a hundredth of it. */
const BODY_BYTES_MAX = 2 ** 20;
const FIELDS_MAX = 1_000;

/** Fields that speak to the HTTP side; every other one is a setting. */
const NOT_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'client_protocol_version',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_headers_progress_interval_ms',
  'http_write_exception_in_output_format',
  'add_http_cors_header',
]);
/** What would need a memory between requests, rights of their own, or another compression. */
const REFUSED: Readonly<Record<string, string>> = {
  session_id: 'sessions are not kept here: leave session_id out',
  session_timeout: 'sessions are not kept here: leave session_timeout out',
  role: 'there is one role here: leave it out',
  compress:
    'compressed blocks are not written here: ask for gzip by Accept-Encoding and enable_http_compression=1',
  decompress: 'compressed blocks are not read here: send gzip by Content-Encoding',
};

/** @throws ProtocolError on what is too large, broken, or not known here */
export async function parseSourceRequest(req: IncomingMessage, url: URL): Promise<SourceRequest> {
  const body = await bodyOf(req);
  const { fields, text } = statementOf(req, url, body);
  if (fields.length > FIELDS_MAX) throw new ProtocolError(62, 'too many parameters. (SYNTAX_ERROR)');
  const last = new Map(fields);
  for (const [name, mend] of Object.entries(REFUSED))
    if (isAsked(last.get(name))) throw new ProtocolError(48, `${mend}. (NOT_IMPLEMENTED)`);
  checkDatabase(last.get('database') ?? headerOf(req, 'x-clickhouse-database') ?? '');
  return {
    queryId: last.get('query_id')?.slice(0, 200) ?? null,
    mayCompress: last.get('enable_http_compression') === '1',
    query: {
      text,
      params: paramsOf(fields),
      settings: fields.filter(
        ([name]) => !name.startsWith('param_') && !NOT_SETTINGS.has(name) && !Object.hasOwn(REFUSED, name),
      ),
      format: last.get('default_format') ?? headerOf(req, 'x-clickhouse-format') ?? 'TabSeparated',
      revision: Number.parseInt(last.get('client_protocol_version') ?? '0', 10) || 0,
    },
  };
}

type Field = readonly [name: string, value: string];

const isAsked = (value: string | undefined): boolean => value !== undefined && value !== '' && value !== '0';

/** The text stands in the address, in the body, or begins in the one and goes on in the other; a form has fields of it. */
function statementOf(req: IncomingMessage, url: URL, body: Buffer): { fields: Field[]; text: string } {
  const fields: Field[] = [...url.searchParams];
  const type = req.headers['content-type'] ?? '';
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/i.exec(type)?.[1];
  if (boundary !== undefined) fields.push(...formFields(body, boundary));
  const inFields = new Map(fields).get('query') ?? '';
  const inBody = boundary === undefined ? body.toString('utf8') : '';
  return { fields, text: inFields !== '' && inBody !== '' ? `${inFields}\n${inBody}` : inFields || inBody };
}

/** Fields of text, as @clickhouse/client sends values that are too long for an address. */
function formFields(body: Buffer, boundary: string): Field[] {
  const parts = body.toString('utf8').split(`--${boundary}`).slice(1, -1);
  return parts.map((part) => {
    const end = part.indexOf('\r\n\r\n');
    const name = /name="([^"]*)"/.exec(part.slice(0, Math.max(end, 0)))?.[1] ?? '';
    if (end < 0 || name === '' || /filename=/.test(part.slice(0, end)))
      throw new ProtocolError(48, 'a form holds fields of text here, and no tables. (NOT_IMPLEMENTED)');
    return [name, part.slice(end + 4, -2)];
  });
}

function paramsOf(fields: readonly Field[]): Map<string, string> {
  const params = new Map<string, string>();
  for (const [field, value] of fields) {
    if (!field.startsWith('param_')) continue;
    const name = field.slice('param_'.length);
    if (!/^[A-Za-z_]\w{0,99}$/.test(name))
      throw new ProtocolError(
        36,
        `${JSON.stringify(name.slice(0, 80))} is no name of a parameter. (BAD_ARGUMENTS)`,
      );
    params.set(name, value);
  }
  return params;
}

/** The embedded store has one. */
function checkDatabase(name: string): void {
  if (name === '' || name === 'default') return;
  throw new ProtocolError(
    81,
    `Database ${name.slice(0, 80)} does not exist: the embedded store is \`default\`. (UNKNOWN_DATABASE)`,
  );
}

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const encoding = (req.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding === 'identity') return collected(req);
  if (!Object.hasOwn(DECODERS, encoding))
    throw new ProtocolError(48, `Content-Encoding ${encoding.slice(0, 40)} is not known. (NOT_IMPLEMENTED)`);
  const decoder = DECODERS[encoding as keyof typeof DECODERS]();
  req.on('error', (error) => decoder.destroy(error));
  try {
    return await collected(req.pipe(decoder));
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError(354, 'the body cannot be decompressed. (ZLIB_INFLATE_FAILED)', 400);
  }
}

/** Bounded after decompression, so that a bomb is not unpacked. */
async function collected(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX)
      throw new ProtocolError(62, `the request is larger than ${BODY_BYTES_MAX} bytes. (SYNTAX_ERROR)`, 413);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const headerOf = (req: IncomingMessage, name: string): string | undefined =>
  [req.headers[name] ?? []].flat()[0];
