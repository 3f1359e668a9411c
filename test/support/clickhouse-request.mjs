import { buffer } from 'node:stream/consumers';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** ClickHouse's own http_max_uri_size: what a request may bind in its address is bounded, here as there. */
export const URI_BYTES_MAX = 1_048_576;

/** Parameters of the address that speak to the HTTP side of ClickHouse; every other one is a setting. */
const NOT_SETTINGS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'session_timeout',
  'role',
  'compress',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_response_compression_method',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'client_protocol_version',
  'close_session',
]);
/** What would need more than one request, or Native compression; nobody here uses it. */
const UNSUPPORTED = ['session_id', 'decompress', 'session_check'];

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** An answer that ClickHouse would give before any query runs. */
export class RequestError extends Error {
  constructor(status, code, message) {
    super(`Code: ${code}. DB::Exception: ${message}`);
    this.status = status;
  }
}

/**
 * A request taken apart: the statement, the data of an INSERT behind it, and what surrounds both.
 *
 * @throws RequestError on an encoding or a parameter that this server does not know
 */
export async function parseRequest(request) {
  const url = new URL(request.url, 'http://server');
  const body = await bodyOf(request);
  const fields = [...url.searchParams];
  let [query, data] = [url.searchParams.get('query') ?? '', body];
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)/i.exec(
    request.headers['content-type'] ?? '',
  )?.[1];
  if (boundary !== undefined) {
    fields.push(...formFields(body, boundary));
    query = fields.findLast(([name]) => name === 'query')?.[1] ?? '';
    data = Buffer.alloc(0);
  } else if (query === '') {
    [query, data] = [body.toString('utf8'), Buffer.alloc(0)];
  }
  const unsupported = UNSUPPORTED.find((name) => fields.some(([given]) => given === name));
  if (unsupported) throw new RequestError(501, 48, `${unsupported} is not implemented by the test server.`);
  const last = new Map(fields);
  return {
    query,
    data,
    queryId: last.get('query_id') ?? null,
    database: last.get('database') ?? request.headers['x-clickhouse-database'] ?? 'default',
    defaultFormat: last.get('default_format') ?? request.headers['x-clickhouse-format'] ?? 'TabSeparated',
    // ClickHouse too holds the answer back until it is complete, so that an error comes with its status.
    isBuffered: last.get('wait_end_of_query') === '1',
    params: fields
      .filter(([name]) => name.startsWith('param_'))
      .map(([name, value]) => [name.slice('param_'.length), value]),
    settings: fields.filter(([name]) => !name.startsWith('param_') && !NOT_SETTINGS.has(name)),
  };
}

/** Name and password of a request, from whichever place holds them. */
export function credentialsOf(request) {
  const { searchParams } = new URL(request.url, 'http://server');
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const [user, ...password] = Buffer.from(basic, 'base64').toString('utf8').split(':');
    return { user, password: password.join(':') };
  }
  return {
    user: request.headers['x-clickhouse-user'] ?? searchParams.get('user') ?? 'default',
    password: request.headers['x-clickhouse-key'] ?? searchParams.get('password') ?? '',
  };
}

async function bodyOf(request) {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return buffer(request);
  const decoder = DECODERS[encoding];
  if (!decoder) throw new RequestError(501, 48, `Content-Encoding ${encoding} is not implemented.`);
  try {
    return await buffer(request.pipe(decoder()));
  } catch (error) {
    throw new RequestError(
      400,
      354,
      `The body cannot be decompressed: ${error.message}. (ZLIB_INFLATE_FAILED)`,
    );
  }
}

/** Fields of a form as @clickhouse/client builds it: text only, no files. */
function formFields(body, boundary) {
  return body
    .toString('utf8')
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const end = part.indexOf('\r\n\r\n');
      const name = /name="([^"]*)"/.exec(part.slice(0, end))?.[1] ?? '';
      return [name, part.slice(end + 4, -2)];
    });
}
