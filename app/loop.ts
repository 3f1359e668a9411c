import type { Logger } from '../core/log.ts';

/** Health of a loop, for `/readyz` and `/metrics`. */
export interface LoopHealth {
  readonly name: string;
  readonly periodMs: number;
  /** End of the last turn that succeeded; null before the first. */
  readonly lastSuccessAt: Date | null;
  readonly lastDurationMs: number;
  /** Message of the last turn, if it failed. */
  readonly lastError: string | null;
}

export interface Loop {
  start(): void;
  /** Resolves when the turn in progress has ended; no other begins. */
  stop(): Promise<void>;
  /** Takes turns now, until there is no more to do, without waiting for the period. */
  runNow(): Promise<void>;
  health(): LoopHealth;
}

/**
 * Runs `turn` again and again, never two at once: `periodMs` after the end of the last, or later, so that turns take
 * at most `workShareMax` of the time. A turn that fails is logged, counted and tried again.
 */
export function createLoop({
  name,
  periodMs,
  workShareMax,
  log,
  turn,
}: {
  name: string;
  periodMs: number;
  /** In (0, 1]: what is left belongs to ingest. */
  workShareMax: number;
  log: Logger;
  /** Returns true if there is more to do at once. */
  turn: () => Promise<boolean>;
}): Loop {
  let [lastSuccessAt, lastDurationMs, lastError]: [Date | null, number, string | null] = [null, 0, null];
  let stopping = false;
  let running: Promise<void> | null = null;
  let last: Promise<boolean> = Promise.resolve(false);
  let wakeUp: () => void = () => {};

  async function takeTurn(): Promise<boolean> {
    const startMs = performance.now();
    try {
      const hasMore = await turn();
      lastSuccessAt = new Date();
      lastError = null;
      return hasMore;
    } catch (error) {
      lastError = error instanceof Error ? error.message : String(error);
      log.error({ loop: name, err: error }, 'a turn of a loop failed; it is tried again');
      return false;
    } finally {
      lastDurationMs = performance.now() - startMs;
    }
  }

  /** A turn after the one in progress. */
  function oneAtATime(): Promise<boolean> {
    const turnAfter = last.then(takeTurn);
    last = turnAfter;
    return turnAfter;
  }

  async function run(): Promise<void> {
    while (!stopping) {
      const hasMore = await oneAtATime();
      const restMs = lastDurationMs * (1 / workShareMax - 1);
      if (!stopping) await pause(hasMore ? Math.min(restMs, periodMs) : Math.max(periodMs, restMs));
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping = true;
      wakeUp();
      await running;
    },
    async runNow() {
      while (await oneAtATime());
    },
    health: () => ({ name, periodMs, lastSuccessAt, lastDurationMs, lastError }),
  };
}
