import { frames } from './protobuf-frames.ts';
import { readLogRecord, readResource, readScope, readSpan } from './protobuf-read.ts';
import type { Decoded, LogRecord, Origin, Span } from './telemetry.ts';

/** Spans of an ExportTraceServiceRequest. @throws an Error where the request itself is broken or cut off */
export function protobufSpans(request: Uint8Array, itemBytesMax: number): Generator<Decoded<Span>> {
  return decodeItems(request, { itemBytesMax, read: readSpan });
}

/** Log records of an ExportLogsServiceRequest. @throws an Error where the request itself is broken or cut off */
export function protobufLogRecords(request: Uint8Array, itemBytesMax: number): Generator<Decoded<LogRecord>> {
  return decodeItems(request, { itemBytesMax, read: readLogRecord });
}

function* decodeItems<Item>(
  request: Uint8Array,
  { itemBytesMax, read }: { itemBytesMax: number; read: (bytes: Uint8Array) => Item },
): Generator<Decoded<Item>> {
  // A Buffer's strings are read by Node itself.
  const bytes = Buffer.from(request.buffer, request.byteOffset, request.byteLength);
  const originOf = originReader();
  for (const { resource, scope, item } of frames(bytes)) {
    const size = item.length + (resource?.length ?? 0) + (scope?.length ?? 0);
    if (size > itemBytesMax) {
      yield { ok: false, reason: `expected at most ${itemBytesMax} bytes, got ${size}` };
      continue;
    }
    try {
      yield { ok: true, item: read(item), origin: originOf(resource, scope) };
    } catch (error) {
      // What is thrown here is about the bytes.
      yield { ok: false, reason: `cannot be decoded: ${error instanceof Error ? error.message : 'broken'}` };
    }
  }
}

/** Reads resource and scope once for all that follow with the same bytes. */
function originReader(): (resource: Uint8Array | null, scope: Uint8Array | null) => Origin {
  let last: { resource: Uint8Array | null; scope: Uint8Array | null; origin: Origin } | null = null;
  return (resource, scope) => {
    if (last !== null && last.resource === resource && last.scope === scope) return last.origin;
    const { name = '', version = '' } = scope ? readScope(scope) : {};
    const attributes =
      last !== null && last.resource === resource
        ? last.origin.resource
        : resource
          ? readResource(resource)
          : new Map();
    const origin = { resource: attributes, scopeName: name, scopeVersion: version };
    last = { resource, scope, origin };
    return origin;
  };
}
