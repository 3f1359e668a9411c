import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../core/errors.ts';

/** The name of standard input among file arguments. */
export const STDIN_PATH = '-';

/** `process.stdin`, or any stream like it. */
export type ByteSource = AsyncIterable<string | Buffer>;

const READ_BYTES = 1024 * 1024;

/** What a user is told a file is called. */
export function inputName(path: string): string {
  return path === STDIN_PATH ? 'standard input' : path;
}

/**
 * Bytes of all files together, before decompression: the total of a progress bar.
 * Null when it cannot be known: standard input, a pipe, or a file that is not there.
 */
export async function inputBytes(paths: readonly string[]): Promise<number | null> {
  const sizes = await Promise.all(
    paths.map(async (path) => {
      if (path === STDIN_PATH) return null;
      const stats = await stat(path).catch(() => null);
      return stats?.isFile() ? stats.size : null;
    }),
  );
  return sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0 as number | null);
}

/**
 * The content of one input, gunzipped when its first bytes say so, whatever its name.
 *
 * @param onRead called with the size of each piece read, before decompression
 * @throws AppError `not_found` for a missing file, `invalid_input` for one that cannot be read
 */
export async function* openInput(
  path: string,
  { stdin, onRead }: { stdin: ByteSource; onRead: (bytes: number) => void },
): AsyncGenerator<Buffer> {
  const pieces = counted(await openRaw(path, stdin), onRead);
  try {
    const first = await firstBytes(pieces);
    yield* isGzip(first) ? gunzipped(prepended(first, pieces)) : prepended(first, pieces);
  } catch (error) {
    throw named(path, error);
  } finally {
    await pieces.return(undefined);
  }
}

async function openRaw(path: string, stdin: ByteSource): Promise<ByteSource> {
  if (path === STDIN_PATH) return stdin;
  const stats = await stat(path).catch((error: unknown) => {
    throw named(path, error);
  });
  if (stats.isDirectory()) {
    throw new AppError('invalid_input', `${path}: a folder; name its files, for example ${path}/*.jsonl.gz`);
  }
  return createReadStream(path, { highWaterMark: READ_BYTES });
}

async function* counted(source: ByteSource, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
    onRead(bytes.length);
    yield bytes;
  }
}

/** Reads on until the magic number is complete: a pipe may hand over one byte at a time. */
async function firstBytes(pieces: AsyncGenerator<Buffer>): Promise<Buffer> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < 4) {
    const next = await pieces.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  return first;
}

function isGzip(first: Buffer): boolean {
  return first[0] === 0x1f && first[1] === 0x8b;
}

async function* prepended(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* gunzipped(compressed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: READ_BYTES });
  // Its failure reaches the reader as well, through `gunzip` itself.
  pipeline(Readable.from(compressed), gunzip).catch(() => undefined);
  for await (const bytes of gunzip) yield bytes as Buffer;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file; check the path',
  EACCES: 'no permission to read it; change its mode or run as its owner',
  EISDIR: 'a folder; name its files',
  Z_BUF_ERROR: 'the gzip data ends early; the file is incomplete, so copy or download it again',
  Z_DATA_ERROR: 'the gzip data is damaged; copy or download it again',
};

function named(path: string, error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const reason = REASONS[code] ?? `cannot be read (${error.message})`;
  return new AppError(code === 'ENOENT' ? 'not_found' : 'invalid_input', `${inputName(path)}: ${reason}`, {
    cause: error,
    path,
  });
}
