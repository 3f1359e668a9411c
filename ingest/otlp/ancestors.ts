import { contextOf, type Draft } from './span-record.ts';
import type { Span } from './telemetry.ts';

/** Spans that one call may lie within: a loop of parents ends here too. */
const LEVELS_MAX = 64;

interface Ancestor {
  readonly parentKey: string;
  readonly context: ReturnType<typeof contextOf>;
}

/** What the spans of a request know of the calls below them. */
export interface Ancestors {
  note(span: Span, scopeName: string): void;
  /** Fills what the record lacks of session, user and prompt name from the nearest span around it that has it. */
  complete(draft: Draft, span: Pick<Span, 'traceId' | 'parentSpanId'>): void;
}

/**
 * Instrumentations of whole frameworks (Vercel's SDK 7) name user and session on the outermost span only. The spans of
 * one call nearly always travel together; what lies in another request is not known here.
 */
export function createAncestors(): Ancestors {
  const known = new Map<string, Ancestor>();
  return {
    note({ traceId, spanId, parentSpanId, attributes }, scopeName) {
      const parentKey = parentSpanId === '' ? '' : `${traceId}:${parentSpanId}`;
      known.set(`${traceId}:${spanId}`, { parentKey, context: contextOf(attributes, scopeName) });
    },
    complete(draft, { traceId, parentSpanId }) {
      let key = `${traceId}:${parentSpanId}`;
      for (let level = 0; level < LEVELS_MAX; level++) {
        const ancestor = known.get(key);
        if (ancestor === undefined) return;
        draft.session ??= ancestor.context.session;
        draft.user ??= ancestor.context.user;
        draft.prompt_name ??= ancestor.context.prompt_name;
        key = ancestor.parentKey;
      }
    },
  };
}
