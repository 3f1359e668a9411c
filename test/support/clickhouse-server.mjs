// The embedded engine behind ClickHouse's HTTP interface, in a process of its own: a store that tests can kill, start
// again and share between several Plumblines where no ClickHouse server is installed.
//   node test/support/clickhouse-server.mjs --port 0 --dir FOLDER [--user NAME --password WORD] [--database NAME]...
// prints `listening PORT` and runs until SIGTERM. UV_THREADPOOL_SIZE bounds the queries that run at once (default 4).
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';
import { parseArgs } from 'node:util';
import { Session } from 'chdb';
import { runStatement } from './clickhouse-engine.mjs';
import { credentialsOf, parseRequest, RequestError, URI_BYTES_MAX } from './clickhouse-request.mjs';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    host: { type: 'string', default: '127.0.0.1' },
    dir: { type: 'string' },
    user: { type: 'string' },
    password: { type: 'string', default: '' },
    database: { type: 'string', multiple: true, default: [] },
  },
});
if (!options.dir) throw new Error('usage: clickhouse-server.mjs --port PORT --dir FOLDER');

// The engine looks for data on standard input, as sql/standard-input.ts tells.
if (!isatty(0)) {
  closeSync(0);
  openSync(devNull, 'r');
}
// Open as long as we run: with its last session the engine would go.
const engine = new Session(options.dir);
for (const name of options.database) engine.query(`CREATE DATABASE IF NOT EXISTS \`${name}\``);

/** The statuses that ClickHouse gives to codes (HTTPHandler.cpp); every other code is a 500. */
const STATUSES = new Map([
  ...[27, 38, 41, 43, 53, 62, 69, 70, 72, 117, 130, 131, 190, 321, 349, 457].map((code) => [code, 400]),
  ...[46, 47, 50, 60, 81].map((code) => [code, 404]),
  ...[159, 209].map((code) => [code, 408]),
  [57, 409],
  [48, 501],
  [516, 403],
  [202, 503],
]);

const server = createServer({ maxHeaderSize: URI_BYTES_MAX }, (request, response) => {
  answer(request, response).catch((error) => fail(response, error));
});
// As ClickHouse's: the client closes idle connections a second before.
server.keepAliveTimeout = 10_000;
server.requestTimeout = 0;

async function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://server');
  if (pathname === '/ping' || (request.method === 'GET' && request.url === '/')) {
    response.end('Ok.\n');
    return;
  }
  if (pathname !== '/') throw new RequestError(404, 10, `There is no handle ${pathname}.`);
  checkCredentials(request);
  const statement = await parseRequest(request);
  if (statement.query.trim() === '') throw new RequestError(400, 62, 'Empty query. (SYNTAX_ERROR)');
  response.setHeader('X-ClickHouse-Query-Id', statement.queryId ?? '');
  response.setHeader('X-ClickHouse-Format', statement.defaultFormat);
  response.setHeader('X-ClickHouse-Timezone', 'UTC');
  response.setHeader('X-ClickHouse-Summary', '{}');
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  const pieces = runStatement(options.dir, statement);
  if (statement.isBuffered) {
    const whole = [];
    for await (const piece of pieces) whole.push(piece);
    response.end(Buffer.concat(whole));
    return;
  }
  for await (const piece of pieces) {
    // The status goes out with the first piece: an error before it is told properly, one after it cuts the answer.
    if (!response.write(piece)) await drained(response);
    if (response.destroyed) return;
  }
  response.end();
}

function checkCredentials(request) {
  if (options.user === undefined) return;
  const { user, password } = credentialsOf(request);
  if (user === options.user && password === options.password) return;
  throw new RequestError(
    403,
    516,
    `${user}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`,
  );
}

function fail(response, error) {
  const code = /Code: (\d+)/.exec(error.message)?.[1] ?? '1002';
  if (response.headersSent) {
    response.destroy(error);
    return;
  }
  // A body that was not read would be taken for the next request.
  if (!response.req.complete) response.setHeader('Connection', 'close');
  const status = error.status ?? STATUSES.get(Number(code)) ?? 500;
  response.writeHead(status, { 'X-ClickHouse-Exception-Code': code });
  const text = error.message.startsWith('Code: ')
    ? error.message
    : `Code: ${code}. DB::Exception: ${error.message}`;
  response.end(`${text.trimEnd()} (version 0.0.0.0 (test server))\n`);
}

function drained(response) {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

server.listen(Number(options.port), options.host, () => {
  process.stdout.write(`listening ${server.address().port}\n`);
});
process.once('SIGTERM', () => {
  server.close(() => {
    engine.close();
    process.exit(0);
  });
  server.closeIdleConnections();
});
