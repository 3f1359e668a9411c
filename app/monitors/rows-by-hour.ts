const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/**
 * Inferences that an hour of the week usually has; of a past of less than six days an hour of the day, of less than a day the mean.
 *
 * @param past hours with inferences, oldest first; an hour that is not there had none
 * @param untilMs end of the past
 */
export function rowsByHour(
  past: readonly { readonly sinceMs: number; readonly rows: number }[],
  untilMs: number,
): (at: Date) => number {
  const firstMs = past[0]?.sinceMs ?? untilMs;
  const spanMs = untilMs - firstMs;
  const periodMs = spanMs >= WEEK_MS - DAY_MS ? WEEK_MS : spanMs >= DAY_MS ? DAY_MS : HOUR_MS;
  const phaseOf = (ms: number) => Math.floor((ms % periodMs) / HOUR_MS);
  const hours = new Map<number, { rows: number; seen: number }>();
  const at = (ms: number) => hours.get(phaseOf(ms)) ?? { rows: 0, seen: 0 };
  for (let ms = firstMs; ms < untilMs; ms += HOUR_MS)
    hours.set(phaseOf(ms), { ...at(ms), seen: at(ms).seen + 1 });
  for (const { sinceMs, rows } of past)
    hours.set(phaseOf(sinceMs), { ...at(sinceMs), rows: at(sinceMs).rows + rows });
  const all = past.reduce((sum, { rows }) => sum + rows, 0);
  const mean = (all * HOUR_MS) / Math.max(HOUR_MS, spanMs);
  return (date) => {
    const { rows, seen } = at(date.getTime());
    return seen > 0 ? rows / seen : mean;
  };
}
