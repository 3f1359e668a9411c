import { z } from 'zod';

/** An instant as the engine takes it in a bound parameter: the client would cut a Date to whole seconds. */
export function toSqlInstant(at: Date): string {
  return at.toISOString().slice(0, 23).replace('T', ' ');
}

/** Column of type DateTime or DateTime64 in UTC: `2026-11-22 10:00:00.123`. */
export const Instant = z.string().transform((text) => new Date(`${text.replace(' ', 'T')}Z`));
