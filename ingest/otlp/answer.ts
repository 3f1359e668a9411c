import protobuf from 'protobufjs';
import type { OtlpEncoding } from './decode.ts';
import type { OtlpSignal } from './mapping.ts';

/** An answer's body, and what it is. */
export interface OtlpAnswer {
  readonly contentType: string;
  readonly body: Buffer;
}

/** What an export came to: of a full success both are empty. */
export interface PartialSuccess {
  readonly rejectedCount: number;
  /** A warning when nothing was rejected. */
  readonly message: string;
}

const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};
const REJECTED_NAMES = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
} as const;

/** The Export…ServiceResponse of a signal; its partial success is left unset when there is nothing to say. */
export function exportAnswer(
  signal: OtlpSignal | 'metrics',
  encoding: OtlpEncoding,
  { rejectedCount, message }: PartialSuccess,
): OtlpAnswer {
  const isFull = rejectedCount === 0 && message === '';
  if (encoding === 'json') {
    const partialSuccess = {
      ...(rejectedCount === 0 ? {} : { [REJECTED_NAMES[signal]]: String(rejectedCount) }),
      errorMessage: message,
    };
    return json(isFull ? {} : { partialSuccess });
  }
  const writer = protobuf.Writer.create();
  if (!isFull) {
    writer.uint32(fieldTag(1, 2)).fork();
    if (rejectedCount > 0) writer.uint32(fieldTag(1, 0)).int64(rejectedCount);
    writer.uint32(fieldTag(2, 2)).string(message).ldelim();
  }
  return binary(writer);
}

/** A google.rpc.Status: `code` is one of gRPC's. */
export function statusAnswer(
  encoding: OtlpEncoding,
  { code, message }: { code: number; message: string },
): OtlpAnswer {
  if (encoding === 'json') return json({ code, message });
  return binary(
    protobuf.Writer.create().uint32(fieldTag(1, 0)).int32(code).uint32(fieldTag(2, 2)).string(message),
  );
}

const fieldTag = (id: number, wireType: number): number => (id << 3) | wireType;

function json(value: object): OtlpAnswer {
  return { contentType: CONTENT_TYPES.json, body: Buffer.from(JSON.stringify(value)) };
}

function binary(writer: protobuf.Writer): OtlpAnswer {
  return { contentType: CONTENT_TYPES.protobuf, body: Buffer.from(writer.finish()) };
}
