import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Session } from 'chdb';
import { AppError } from '../core/errors.ts';
import { CLUSTER_SETTINGS } from './cluster.ts';
import { createInFlight } from './in-flight.ts';
import { withReaderRole } from './reader/roles.ts';
import { closeStandardInput } from './standard-input.ts';

/** Where the store is: an engine in this process with its data in a folder, or a server. */
export type StoreLocation =
  | {
      readonly kind: 'embedded';
      readonly path: string;
      /** Strangers will read it, by `openReader`: the engine then knows the role that they have. */
      readonly hasReader?: boolean;
    }
  | {
      readonly kind: 'server';
      readonly url: string;
      readonly database: string;
      readonly username: string;
      readonly password: string;
      /** The server is one of several, and the tables lie on all of them. */
      readonly isCluster?: boolean;
    };

/** What a write needs to know beside its rows. */
export type WriteSettings = Readonly<Record<string, string | number>>;

/** One way to speak to the store, whichever it is. All methods reject with AppError. */
export interface Store {
  readonly kind: StoreLocation['kind'];
  /** Makes the database of a server's location where there is none, on all of a cluster; does nothing embedded. */
  createDatabase(cluster: string | null): Promise<void>;
  /** Rows of a query, as parsed JSON. Values are bound, never joined into the text. */
  rows(query: string, params?: Record<string, unknown>): Promise<unknown[]>;
  /** The lines of a query's answer in JSONCompactEachRow, as they come: for answers too large to hold. */
  chunks(query: string): AsyncIterable<Uint8Array>;
  command(query: string, params?: Record<string, unknown>): Promise<void>;
  /** Inserts lines of JSON as they are. Resolves when they are stored. */
  insertLines(table: string, lines: Uint8Array, settings?: WriteSettings): Promise<void>;
  ping(): Promise<void>;
  /** Takes no more, and waits for what is under way. */
  close(): Promise<void>;
}

type EngineConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>;

/** Opens the store. @throws AppError `unsupported` where the embedded engine has no build, `upstream_unavailable` if it cannot be opened */
export async function openStore(location: StoreLocation): Promise<Store> {
  return location.kind === 'embedded' ? openEmbedded(location) : openServer(location);
}

async function openEmbedded({
  path,
  hasReader = false,
}: Extract<StoreLocation, { kind: 'embedded' }>): Promise<Store> {
  closeStandardInput();
  const { createChdbConnection, Session } = await loadEngine();
  let connection: ReturnType<typeof createChdbConnection>;
  let inserting: ReturnType<typeof createChdbConnection>;
  let first: InstanceType<typeof Session> | null = null;
  try {
    // What the engine is told it is told by its first connection, and these two have no way to.
    if (hasReader)
      first = withReaderRole((file) => new Session(path, { connectionArgs: [`--config-file=${file}`] }));
    connection = createChdbConnection({ path });
    // A connection does one thing at a time: on the other one an insert would wait for a roll-up of seconds to end.
    inserting = createChdbConnection({ path });
  } catch (cause) {
    first?.close();
    throw new AppError(
      'upstream_unavailable',
      `cannot open the embedded store in ${path}: ${messageOf(cause)}. Is another plumbline using this folder? Stop it, or set DATA_DIR to another folder.`,
      { cause, path },
    );
  }
  // Both packages declare the same interface; under exactOptionalPropertyTypes the two copies do not unify.
  const client = createClient({ connection: connection as unknown as EngineConnection });
  const { rows, command, ping } = shared('embedded', client);
  // To close a connection that something runs on resolves at once, and the process would then end in the middle of the engine's work.
  const inFlight = createInFlight();
  return {
    kind: 'embedded',
    rows: (query, params) => inFlight.run(() => rows(query, params)),
    command: (query, params) => inFlight.run(() => command(query, params)),
    ping: () => inFlight.run(ping),
    createDatabase: async () => {},
    // A session of its own (0.2 ms to open): whatever else is asked on the same one ends its stream.
    chunks: (query) => inFlight.stream(() => sessionChunks(() => new Session(path), query)),
    async insertLines(table, lines, settings = {}) {
      if (lines.length === 0) return;
      const values = { table, values: lines, format: 'JSONEachRow', settings } as const;
      await inFlight.run(() => named(inserting.chdb.rawInsert(values)));
    },
    async close() {
      await inFlight.end();
      await inserting.close();
      await client.close();
      first?.close();
    },
  };
}

async function* sessionChunks(open: () => Session, query: string): AsyncGenerator<Uint8Array> {
  const session = open();
  try {
    for await (const chunk of session.queryStream(query, { format: 'JSONCompactEachRow' })) yield chunk.raw();
  } catch (error) {
    throw toAppError(error);
  } finally {
    session.close();
  }
}

type Engine = Pick<typeof import('chdb/connection'), 'createChdbConnection'> &
  Pick<typeof import('chdb'), 'Session'>;

async function loadEngine(): Promise<Engine> {
  try {
    const [{ createChdbConnection }, { Session }] = await Promise.all([
      import('chdb/connection'),
      import('chdb'),
    ]);
    return { createChdbConnection, Session };
  } catch (cause) {
    throw new AppError(
      'unsupported',
      `the embedded engine has no build for ${process.platform}-${process.arch} (Windows and musl have none). Use a ClickHouse server instead: set CLICKHOUSE_URL=http://host:8123.`,
      { cause },
    );
  }
}

/** An answer means stored, whatever the server's own defaults are (docs/decisions/0006-the-cluster.md). */
const SERVER_SETTINGS = { async_insert: 0, wait_for_async_insert: 1 } as const;

function openServer(location: Extract<StoreLocation, { kind: 'server' }>): Store {
  const client = connect(location);
  return {
    ...shared('server', client),
    createDatabase: (cluster) => createDatabase(location, cluster),
    async *chunks(query) {
      const { stream } = await named(client.exec({ query: `${query} FORMAT JSONCompactEachRow` }));
      try {
        for await (const chunk of stream) yield chunk as Uint8Array;
      } catch (error) {
        // The server found the fault, or was gone, after the first rows.
        throw toAppError(error);
      }
    },
    async insertLines(table, lines, settings = {}) {
      if (lines.length === 0) return;
      // Not the client's own insert, which takes rows of this format only as objects and writes their JSON anew.
      const values = Readable.from([lines], { objectMode: false });
      const query = `INSERT INTO ${table} FORMAT JSONEachRow`;
      const { stream } = await named(client.exec({ query, values, clickhouse_settings: settings }));
      await named(finished(stream.resume()));
    },
  };
}

type ServerLocation = Omit<Extract<StoreLocation, { kind: 'server' }>, 'kind'>;

function connect({ url, database, username, password, isCluster }: ServerLocation): ClickHouseClient {
  return createClient({
    url,
    database,
    username,
    password,
    application: 'plumbline',
    // Shorter than the server's keep_alive_timeout of 10 s, so that no request meets a closing socket.
    keep_alive: { enabled: true, idle_socket_ttl: 9_000 },
    request_timeout: 60_000,
    clickhouse_settings: { ...SERVER_SETTINGS, ...(isCluster ? CLUSTER_SETTINGS : {}) },
    // A look-up binds thousands of ids: in the address they would meet the bounds of servers and proxies (1 MiB, or 8 KiB).
    use_multipart_params_auto: true,
    // Every error is thrown, and told once, by whoever catches it.
    log: { level: ClickHouseLogLevel.OFF },
  });
}

/** Asked first, since a user who may not create databases can use one that is there. */
async function createDatabase(location: ServerLocation, cluster: string | null): Promise<void> {
  // A request that names a missing database is refused, whatever it asks.
  const client = connect({ ...location, database: 'default' });
  const { rows, command, close } = shared('server', client);
  const name = location.database;
  try {
    const found = await rows('SELECT name FROM system.databases WHERE name = {name: String}', { name });
    if (found.length > 0) return;
    const on = cluster === null ? '' : ` ON CLUSTER '${cluster}'`;
    await command(`CREATE DATABASE IF NOT EXISTS {name: Identifier}${on}`, { name });
  } finally {
    await close();
  }
}

type Shared = Omit<Store, 'chunks' | 'insertLines' | 'createDatabase'>;

function shared(kind: Store['kind'], client: ClickHouseClient): Shared {
  const bound = (params?: Record<string, unknown>) => (params ? { query_params: params } : {});
  return {
    kind,
    rows: (query, params) =>
      named(
        client
          .query({ query, format: 'JSONEachRow', ...bound(params) })
          .then((result) => result.json<unknown>()),
      ),
    command: async (query, params) => {
      await named(client.command({ query, ...bound(params) }));
    },
    ping: async () => {
      const answer = await client.ping();
      if (!answer.success) throw toAppError(answer.error);
    },
    close: () => client.close(),
  };
}

async function named<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toAppError(error);
  }
}

/** Codes by which the engine says that the rows, or the query, are at fault: trying again would not help. */
const FAULTY_INPUT_CODES = new Set([
  '6',
  '25',
  '26',
  '27',
  '33',
  '38',
  '41',
  '53',
  '62',
  '72',
  '117',
  '321',
  '349',
]);

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const code = engineCode(error);
  if (code !== null) {
    const kind = FAULTY_INPUT_CODES.has(code) ? 'invalid_input' : 'upstream_unavailable';
    return new AppError(kind, `the store refused: ${messageOf(error)}`, { cause: error, code });
  }
  return new AppError('upstream_unavailable', `the store cannot be reached: ${messageOf(error)}`, {
    cause: error,
  });
}

/**
 * The engine's own error code, by shape: the embedded engine's errors come from another copy of the client's class,
 * and a raw insert's from the binding.
 */
function engineCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code = 'clickhouseCode' in error ? error.clickhouseCode : 'code' in error ? error.code : null;
  return /^\d+$/.test(String(code)) ? String(code) : null;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? firstLine(error.message) : String(error);
const firstLine = (text: string): string => text.split('\n', 1)[0]?.slice(0, 300) ?? '';
