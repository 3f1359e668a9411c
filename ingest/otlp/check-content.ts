import { z } from 'zod';
import type { Inference } from '../../core/inference.ts';
import type { Fault } from '../../core/record-fault.ts';

const Content = z.strictObject({
  project: z.string().min(1).max(200).optional(),
  id: z.string().min(1).max(200),
  at: z.iso.datetime({ offset: true }),
  part: z.enum(['message', 'choice', 'whole']),
  order: z.string().min(1).max(100),
  piece: z.string(),
});

const Piece = z.strictObject({
  messages: z.array(z.looseObject({ role: z.string() })).optional(),
  system: z.string().optional(),
  response: z.string().optional(),
  tool_calls: z.array(z.unknown()).optional(),
  finish_reason: z.string().optional(),
});

/** A content that can be kept, its piece parsed; or what is wrong with it. */
export type CheckedContent =
  | {
      readonly ok: true;
      readonly content: z.infer<typeof Content>;
      readonly piece: Inference;
      readonly timestampMs: number;
    }
  | { readonly ok: false; readonly fault: Fault };

/** Checks what a log event tells of a call (content.ts), from JSON. */
export function checkContent(value: unknown): CheckedContent {
  const parsed = Content.safeParse(value);
  if (!parsed.success) return fault(parsed.error);
  let json: unknown;
  try {
    json = JSON.parse(parsed.data.piece);
  } catch {
    return { ok: false, fault: { field: 'piece', reason: 'expected JSON, got something else' } };
  }
  const piece = Piece.safeParse(json);
  if (!piece.success) return fault(piece.error);
  // What redaction takes is a record, of which this is a part.
  return {
    ok: true,
    content: parsed.data,
    piece: piece.data as unknown as Inference,
    timestampMs: Date.parse(parsed.data.at),
  };
}

function fault(error: z.ZodError): CheckedContent {
  const [issue] = error.issues;
  return { ok: false, fault: { field: issue?.path.join('.') ?? '', reason: issue?.message ?? 'malformed' } };
}
