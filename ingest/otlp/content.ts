/**
 * What a log event tells of one call whose span travels apart: stored under the id of the inference until both are
 * there, then merged (merge-content.ts). The same event sent again is the same piece.
 */
export interface Content {
  readonly project: string;
  /** `trace:span`, as the inference has it. */
  readonly id: string;
  /** When it happened: RFC 3339. */
  readonly at: string;
  /** `whole`: everything of the call in one event; else one message, or what was answered. */
  readonly part: 'message' | 'choice' | 'whole';
  /** Sorts the pieces of one inference: 20 digits of nanoseconds, a dash, place in the request. */
  readonly order: string;
  /** JSON of some of `messages`, `system`, `response`, `tool_calls`, `finish_reason`, as in the record. */
  readonly piece: string;
}

/** Digits of `order` that an event keeps however often it is sent. */
const NANO_DIGITS = 20;
const PLACE_DIGITS = 6;

/** The order of an event; its place breaks ties between events of one clock tick. */
export function contentOrder(nano: bigint, place: number): string {
  return `${nano.toString().padStart(NANO_DIGITS, '0')}-${String(place).padStart(PLACE_DIGITS, '0')}`;
}

/** What two pieces have in common exactly when they are the same event. */
export function contentKey({ part, order, piece }: Content): string {
  return `${part}\n${order.slice(0, NANO_DIGITS)}\n${piece}`;
}
