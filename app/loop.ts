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
  /** Lets the next turn begin now. */
  wake(): void;
  health(): LoopHealth;
}

/** A loop may use this share of the time for its turns: what is left belongs to ingest. */
const WORK_SHARE_MAX = 0.25;

/**
 * Runs `turn` again and again, never two at once: `periodMs` after the end of the last, or later, so that turns take
 * at most a quarter of the time. A turn that fails is logged, counted and tried again.
 */
export function createLoop({
  name,
  periodMs,
  log,
  turn,
}: {
  name: string;
  periodMs: number;
  log: Logger;
  /** Returns true if there is more to do at once. */
  turn: () => Promise<boolean>;
}): Loop {
  let [lastSuccessAt, lastDurationMs, lastError]: [Date | null, number, string | null] = [null, 0, null];
  let stopping = false;
  let running: Promise<void> | null = null;
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

  async function run(): Promise<void> {
    while (!stopping) {
      const hasMore = await takeTurn();
      const restMs = lastDurationMs * (1 / WORK_SHARE_MAX - 1);
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
    wake: () => wakeUp(),
    health: () => ({ name, periodMs, lastSuccessAt, lastDurationMs, lastError }),
  };
}
