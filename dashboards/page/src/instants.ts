import { formatSpan } from '../../../core/format.ts';

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hour12: false });
const DAY_CLOCK = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});
const DAY_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_MS = 86_400_000;

/** An instant in the reader's time zone, as short as is clear from `now`: `14:05` today, `12 Mar, 14:05`, `12 Mar 2023`. */
export function formatInstant(at: Date, now: Date): string {
  if (at.toDateString() === now.toDateString()) return CLOCK.format(at);
  return Math.abs(now.getTime() - at.getTime()) < 300 * DAY_MS ? DAY_CLOCK.format(at) : DAY_YEAR.format(at);
}

/** Label of a time axis whose ticks are `stepMs` apart. */
export function formatTick(at: Date, stepMs: number): string {
  const isMidnight = at.getHours() === 0 && at.getMinutes() === 0;
  return stepMs >= DAY_MS || isMidnight ? DAY.format(at) : CLOCK.format(at);
}

/** How long ago: `now` within a minute and a half, which is as fine as the rollups are; then `12 min ago`. */
export function formatAgo(at: Date, now: Date): string {
  const ms = now.getTime() - at.getTime();
  return ms < 90_000 ? 'now' : `${formatSpan(ms)} ago`;
}
