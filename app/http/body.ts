import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { AppError } from '../../core/errors.ts';
import type { ByteLease } from './byte-budget.ts';

export interface BodyOptions {
  /** Of the body, compressed as well as not. */
  readonly bytesMax: number;
  readonly lease: ByteLease;
}

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The whole body, decompressed as Content-Encoding says, in memory of its own. What was read is counted on the lease,
 * which the caller releases. A failure leaves the connection open, so that it can be answered.
 *
 * @throws AppError `too_large`, `overloaded`, `unsupported` (encoding), `invalid_input` (broken or incomplete)
 */
export async function readBody(req: IncomingMessage, { bytesMax, lease }: BodyOptions): Promise<Buffer> {
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > bytesMax) throw tooLarge(bytesMax);
  const decode = decoderOf(req.headers['content-encoding']);
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > bytesMax) throw tooLarge(bytesMax);
    lease.take(chunk.length);
    chunks.push(chunk);
  };
  if (decode) await readDecoded(req, decode(), { bytesMax, keep });
  else await readAll(req, keep);
  const body = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(body, at);
  return body;
}

function decoderOf(encoding: string | undefined): (() => Transform) | null {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return null;
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decoder) return decoder;
  throw new AppError('unsupported', 'expected Content-Encoding gzip, deflate, br or none, got another one');
}

async function readDecoded(
  req: IncomingMessage,
  decoder: Transform,
  { bytesMax, keep }: { bytesMax: number; keep: (chunk: Buffer) => void },
): Promise<void> {
  let [sent, isOver] = [0, false];
  const decoded = readAll(decoder, keep);
  const fed = readAll(req, (chunk) => {
    if (isOver) return;
    sent += chunk.length;
    if (sent > bytesMax) throw tooLarge(bytesMax);
    if (decoder.write(chunk)) return;
    req.pause();
    decoder.once('drain', () => req.resume());
  }).then(() => decoder.end());
  try {
    await Promise.all([decoded, fed]);
  } finally {
    // What is still in flight on either side ends quietly; the rest of the request flows by, to be answered.
    isOver = true;
    req.resume();
    decoded.catch(() => {});
    fed.catch(() => {});
    decoder.on('error', () => {});
    decoder.destroy();
  }
}

/** Hands each chunk over until the end. On failure the stream is left flowing to nowhere, not destroyed. */
function readAll(stream: Readable, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      try {
        take(chunk);
      } catch (error) {
        finish();
        stream.resume();
        reject(error);
      }
    };
    const onEnd = (): void => {
      finish();
      resolve();
    };
    const onError = (cause: Error): void => {
      finish();
      reject(brokenBody(cause));
    };
    const onClose = (): void => onError(new Error('closed before its end'));
    const finish = (): void => {
      stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      // An abort may still be reported, now to nobody.
      stream.on('error', () => {});
    };
    stream.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}

function brokenBody(cause: Error): AppError {
  const isZlib =
    'errno' in cause && 'code' in cause && String(cause.code).match(/^(Z_|ERR_BROTLI|ERR__ERROR|ERR_)/);
  const what = isZlib ? 'the compressed body is broken or incomplete' : 'the body ended early';
  return new AppError('invalid_input', what, { cause });
}

function tooLarge(bytesMax: number): AppError {
  return new AppError(
    'too_large',
    `expected a body of at most ${bytesMax} bytes, decompressed; got more: send it in parts`,
    { bytesMax },
  );
}
