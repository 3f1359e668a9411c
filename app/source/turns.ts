/** Lets some in at a time, in order, and as many wait as may. */
export interface Turns {
  readonly running: number;
  readonly waiting: number;
  /**
   * Runs the work when it is its turn.
   *
   * @returns null where too many wait already, or the signal was aborted before its turn
   */
  take<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | null>;
}

/** Turns for `atOnce` works, and `waitingMax` that wait. */
export function createTurns({ atOnce, waitingMax }: { atOnce: number; waitingMax: number }): Turns {
  let running = 0;
  const queue: (() => void)[] = [];

  /** Whether the turn came. */
  function turn(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (running < atOnce) {
      running++;
      return Promise.resolve(true);
    }
    if (queue.length >= waitingMax) return Promise.resolve(false);
    return new Promise((resolve) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = (): void => {
        queue.splice(queue.indexOf(enter), 1);
        resolve(false);
      };
      signal.addEventListener('abort', leave, { once: true });
      queue.push(enter);
    });
  }

  /** Hands the turn on, or gives it back. */
  function done(): void {
    const next = queue.shift();
    if (next) next();
    else running--;
  }

  return {
    get running() {
      return running;
    },
    get waiting() {
      return queue.length;
    },
    async take(work, signal) {
      if (!(await turn(signal))) return null;
      try {
        return await work();
      } finally {
        done();
      }
    },
  };
}
