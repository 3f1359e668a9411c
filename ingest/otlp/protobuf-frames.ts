import protobuf from 'protobufjs';

/** The bytes of one span or log record, and of what says where it came from. */
export interface Frame {
  readonly resource: Uint8Array | null;
  readonly scope: Uint8Array | null;
  readonly item: Uint8Array;
}

/** Resource or scope, and the list beside it: the same numbers in ResourceSpans, ScopeSpans, ResourceLogs, ScopeLogs. */
const [ORIGIN, LIST] = [1, 2];
const LENGTH_DELIMITED = 2;

/**
 * Each span or log record of an export request, unread. The three levels around them are walked by hand, so that a
 * request costs memory for what it holds and a broken span harms no other.
 *
 * @throws an Error of protobufjs where the levels themselves are broken or cut off
 */
export function* frames(request: Uint8Array): Generator<Frame> {
  for (const ofResource of submessages(request, ORIGIN)) {
    const resource = lastOf(ofResource, ORIGIN);
    for (const ofScope of submessages(ofResource, LIST)) {
      const scope = lastOf(ofScope, ORIGIN);
      for (const item of submessages(ofScope, LIST)) yield { resource, scope, item };
    }
  }
}

/** It may stand behind the list that it belongs to; sent twice, the last one counts. */
function lastOf(message: Uint8Array, id: number): Uint8Array | null {
  let last: Uint8Array | null = null;
  for (const one of submessages(message, id)) last = one;
  return last;
}

function* submessages(message: Uint8Array, id: number): Generator<Uint8Array> {
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === id && (tag & 7) === LENGTH_DELIMITED) yield reader.bytes();
    else if (tag >>> 3 === 0) throw new Error('a field has the number 0');
    else reader.skipType(tag & 7);
  }
}
