import { WEEK_MS } from './history.ts';

/**
 * A change that goes away within a weekend's time may be the weekend itself, and belongs to how the signal varies: left out,
 * every weekend would be a change again. One that stands for longer is left out from there on.
 */
const ORDINARY_MS = 3 * 86_400_000;
/** Four weeks hold every hour of the week four times: enough to tell a week's course from chance. */
export const MATURE_MS = 4 * WEEK_MS;
/** With more evidence than this share of an alarm's the baseline waits: it might take in what is about to be called. */
export const DOUBT = 0.01;

/** @param standing the change that stands, if any; until: end of the window */
export function isOrdinary(standing: { readonly since: string } | null, until: Date): boolean {
  return standing === null || until.getTime() - Date.parse(standing.since) <= ORDINARY_MS;
}

/**
 * Whether a baseline of windows of time is to be frozen anew: when its history has become twice as long, after a week, and the
 * last time after four.
 *
 * @param spanMs of the history
 * @param knownMs of the history that the baseline in use was made of
 */
export function isRipe(spanMs: number, knownMs: number): boolean {
  return spanMs >= MATURE_MS || spanMs >= 2 * knownMs || (spanMs >= WEEK_MS && knownMs < WEEK_MS);
}
