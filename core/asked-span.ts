import { AppError } from './errors.ts';

/** Instants of the store's minutes: 1970 to 2100. Beyond, the engine's 32-bit seconds go round, and a condition means another time. */
const STORED_MS = { min: 0, max: Date.UTC(2100) } as const;
/** Records may be dated a little ahead; without `until` the span is open. */
const AHEAD_MS = 864e5;

/**
 * The half-open span that somebody asks for, as far as anything can be stored in it.
 *
 * @param since RFC 3339, as `until`
 * @param last milliseconds before now; used without `since`
 * @throws AppError `invalid_input` when nothing can lie in it
 */
export function askedSpan(
  asked: {
    readonly since?: string | undefined;
    readonly until?: string | undefined;
    readonly last?: number | undefined;
  },
  now: Date,
): { since: Date; until: Date } {
  const storable = (ms: number): Date => new Date(Math.min(STORED_MS.max, Math.max(STORED_MS.min, ms)));
  const until = storable(asked.until ? Date.parse(asked.until) : now.getTime() + AHEAD_MS);
  const ofLast = asked.last ? now.getTime() - asked.last : STORED_MS.min;
  const since = storable(asked.since ? Date.parse(asked.since) : ofLast);
  if (since >= until)
    throw new AppError(
      'invalid_input',
      'since: expected an instant before until, and both from 1970 to 2100',
    );
  return { since, until };
}
