import { AppError } from '../../core/errors.ts';
import { jsonLogRecords, jsonSpans } from './decode-json.ts';
import { protobufLogRecords, protobufSpans } from './decode-protobuf.ts';
import type { DecodeBounds, Decoded, LogRecord, Span } from './telemetry.ts';

export type OtlpEncoding = 'protobuf' | 'json';

interface Request {
  readonly body: Uint8Array;
  readonly encoding: OtlpEncoding;
  readonly bounds: DecodeBounds;
}

/**
 * The spans of an export request one by one, in its order. A body without any is fine.
 *
 * The iteration throws AppError `invalid_input` when the request cannot be decoded, `too_large` above `itemsMax`: what
 * was read before that is to be forgotten.
 */
export function decodeSpans({ body, encoding, bounds }: Request): Generator<Decoded<Span>> {
  return bounded(encoding === 'json' ? jsonSpans(body) : protobufSpans(body, bounds.itemBytesMax), bounds);
}

/** The log records of an export request; as for spans. */
export function decodeLogRecords({ body, encoding, bounds }: Request): Generator<Decoded<LogRecord>> {
  const records = encoding === 'json' ? jsonLogRecords(body) : protobufLogRecords(body, bounds.itemBytesMax);
  return bounded(records, bounds);
}

function* bounded<Item>(
  items: Generator<Decoded<Item>>,
  { itemsMax }: DecodeBounds,
): Generator<Decoded<Item>> {
  for (let count = 0; ; count++) {
    const next = nextOf(items);
    if (next.done) return;
    if (count === itemsMax) {
      throw new AppError(
        'too_large',
        `more than ${itemsMax} spans or log records in one request; send several`,
      );
    }
    yield next.value;
  }
}

function nextOf<Item>(items: Generator<Item>): IteratorResult<Item> {
  try {
    return items.next();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const what = cause instanceof Error ? cause.message : 'broken';
    throw new AppError('invalid_input', `the body cannot be decoded as protobuf: ${what}`, { cause });
  }
}
