import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { ApiKey } from '../../core/api-key.ts';
import { AppError } from '../../core/errors.ts';

/** What keys without limits of their own may do. */
export interface DefaultLimits {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** How much of its limits a key has used up, in this process. */
export interface KeyMeter {
  /** Counts a request. @throws AppError `overloaded` (429) above its limits, with the time to wait */
  addRequest(): Promise<void>;
  /** Counts bytes of a body, which goes on: what is above the limit, later requests wait for. */
  addBytes(bytes: number): void;
}

export interface KeyMeters {
  meterOf(key: ApiKey): KeyMeter;
}

const WINDOW_S = 1;

/**
 * Meters in memory, one for each key that has been used. Each process counts for itself: behind a balancer a key may
 * do as much at each of them. Requests are counted by the second, so that two limits may meet at its end.
 */
export function createKeyMeters(defaults: DefaultLimits): KeyMeters {
  const meters = new Map<string, { limits: string; meter: KeyMeter }>();
  return {
    meterOf({ id, limits }) {
      const requests = limits.requestsPerSecond ?? defaults.requestsPerSecond;
      const bytes = limits.bytesPerSecond ?? defaults.bytesPerSecond;
      const wanted = `${requests} ${bytes}`;
      const known = meters.get(id);
      if (known?.limits === wanted) return known.meter;
      const meter = createMeter(requests, bytes);
      meters.set(id, { limits: wanted, meter });
      return meter;
    },
  };
}

const COUNT = 'count';

function createMeter(requestsPerSecond: number, bytesPerSecond: number): KeyMeter {
  const requests = new RateLimiterMemory({ points: requestsPerSecond, duration: WINDOW_S });
  const bytes = new RateLimiterMemory({ points: bytesPerSecond, duration: WINDOW_S });
  let tail = Promise.resolve();
  return {
    async addRequest() {
      const used = await bytes.get(COUNT);
      if (used && used.consumedPoints >= bytesPerSecond && used.msBeforeNext > 0) {
        throw tooMany(`bytes: it may send ${bytesPerSecond} a second`, used.msBeforeNext);
      }
      try {
        await requests.consume(COUNT);
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        throw tooMany(`requests: it may make ${requestsPerSecond} a second`, refused.msBeforeNext);
      }
    },
    addBytes(count) {
      tail = tail.then(() => takeOff(bytes, { count, bytesPerSecond }));
    },
  };
}

/** A body larger than a second's bytes is taken, and then its time is waited for. In memory nothing rejects. */
async function takeOff(
  bytes: RateLimiterMemory,
  { count, bytesPerSecond }: { count: number; bytesPerSecond: number },
): Promise<void> {
  const { consumedPoints, msBeforeNext } = await bytes.penalty(COUNT, count);
  const above = Math.min(count, consumedPoints - bytesPerSecond);
  if (above > 0) await bytes.set(COUNT, consumedPoints, msBeforeNext / 1_000 + above / bytesPerSecond);
}

function tooMany(what: string, retryAfterMs: number): AppError {
  return new AppError(
    'overloaded',
    `this key has sent too many ${what}; send more records to a request, wait, or give it other limits`,
    { retryAfterMs, isOverShare: true },
  );
}
