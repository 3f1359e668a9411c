/** Where "now" comes from. Passed in, so that replays run in event time and tests on a fixed clock. */
export interface Clock {
  now(): Date;
}

/** The wall clock. */
export const systemClock: Clock = { now: () => new Date() };

/**
 * A clock that starts at `startAt` and runs `speed` times as fast as `base` until it has caught up with it;
 * from then on it is `base`. The demo squeezes hours into a minute with it.
 *
 * @param startAt first instant, not after base.now()
 * @param speed above 1
 */
export function catchUpClock({ startAt, speed, base }: { startAt: Date; speed: number; base: Clock }): Clock {
  const baseStartMs = base.now().getTime();
  return {
    now(): Date {
      const baseMs = base.now().getTime();
      return new Date(Math.min(baseMs, startAt.getTime() + (baseMs - baseStartMs) * speed));
    },
  };
}
