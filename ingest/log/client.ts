import { promisify } from 'node:util';
import { constants, gzip, unzip } from 'node:zlib';
import kafkajs, { type Kafka, type SASLOptions } from 'kafkajs';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { createThrottle } from '../../core/throttle.ts';

export type { Kafka };

export interface LogConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** Null: plain TCP. PEM texts; undefined ones are the system's own. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null;
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  } | null;
}

const CONNECT_TIMEOUT_MS = 3_000;
/**
 * Asks for a connection for about two and a half seconds. A sender does so twice before it gives up, and whoever waits
 * for a broker asks again anyway; kafkajs's own ten seconds would make somebody wait twenty for a 503.
 */
const CONNECT_RETRY = { retries: 4, initialRetryTime: 200, maxRetryTime: 1_000, multiplier: 2, factor: 0.2 };
const REQUEST_TIMEOUT_MS = 15_000;
/** A broker that is away is tried many times a second, by every connection. */
const REPEAT_MS = 5_000;
/** What one message may grow to: a few bytes of gzip can be told to become gigabytes. */
const UNZIPPED_BYTES_MAX = 128 * 2 ** 20;

/** More than our own producers put into a batch. */
const ROOM_BYTES_MAX = 8 * 2 ** 20;
const PIECE_BYTES = 16 * 2 ** 10;

const compress = promisify(gzip);
const decompress = promisify(unzip);

// kafkajs compresses at level 6, at a third of the speed of level 1 for a tenth less size, and unpacks without a bound.
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.GZIP] = () => ({
  compress: ({ buffer }: { buffer: Buffer }) => compress(buffer, { level: constants.Z_BEST_SPEED }),
  decompress: (buffer: Buffer) =>
    decompress(buffer, { maxOutputLength: UNZIPPED_BYTES_MAX, chunkSize: chunkSize(buffer) }),
});

/**
 * Room for all of it at once, which takes a third of the time that pieces of 16 KiB take. gzip ends with the length of
 * what it holds; whoever writes nonsense there gets the pieces.
 */
function chunkSize(zipped: Buffer): number {
  const bytes = zipped.length < 4 ? 0 : zipped.readUInt32LE(zipped.length - 4);
  // One byte more: a full chunk makes zlib ask for another.
  return bytes > ROOM_BYTES_MAX ? PIECE_BYTES : Math.max(PIECE_BYTES, bytes + 1);
}

/** A client of the brokers; nothing is connected yet. */
export function createLogClient(connection: LogConnection, log: Logger): Kafka {
  const { brokers, clientId, tls, sasl } = connection;
  const throttle = createThrottle(REPEAT_MS);
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: CONNECT_RETRY,
    ...(tls ? { ssl: { ...tls } } : {}),
    ...(sasl ? { sasl: sasl as SASLOptions } : {}),
    logCreator:
      () =>
      ({ level, log: { message, timestamp: _at, logger: _name, ...facts } }) => {
        if (message.startsWith(KNOWN)) return;
        const known = pick(facts);
        const told = throttle(`${message} ${known['groupId']} ${known['broker']}`);
        if (told) log[LEVELS[level] ?? 'debug']({ ...known, ...told }, `kafka: ${message}`);
      },
  });
}

/** What it says of bounded retries: a sender that gave up is never used again, so nothing rests on its guarantee. */
const KNOWN = 'Limiting retries for the idempotent producer';

/** What it calls an error is mostly a connection that it tries again: ours is an error when work fails. */
const LEVELS: Readonly<Record<number, 'warn'>> = { 1: 'warn', 2: 'warn' };

/** Facts without stacks and assignments of every partition. */
function pick(facts: Record<string, unknown>): Record<string, unknown> {
  const { groupId, broker, topic, partition, error, retryCount } = facts;
  const known = { groupId, broker, topic, partition, retryCount };
  return typeof error === 'string' ? { ...known, error } : known;
}

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);
const NOT_ALLOWED = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
]);

/** What kafkajs throws, in our terms. @param action what was tried: "the log does not take records" */
export function logError(error: unknown, action: string): AppError {
  if (error instanceof AppError) return error;
  const type = typeOf(error);
  const reason = error instanceof Error ? error.message.split('\n', 1)[0]?.slice(0, 300) : String(error);
  if (TOO_LARGE.has(type)) return new AppError('invalid_input', 'the log does not take it', { cause: error });
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return new AppError('upstream_unavailable', `${action}: a topic is missing. Run plumbline migrate.`, {
      cause: error,
    });
  }
  if (NOT_ALLOWED.has(type) || /SASL|authenticat/i.test(reason ?? '')) {
    return new AppError(
      'upstream_unavailable',
      `${action}: ${reason}. Check KAFKA_SASL_… and what the user may do.`,
      { cause: error },
    );
  }
  return new AppError('upstream_unavailable', `${action}: ${reason}`, { cause: error });
}

/** kafkajs wraps what the broker said in what it did about it. */
function typeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return at.type;
  }
  return '';
}
