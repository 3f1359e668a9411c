import { AsyncResource } from 'node:async_hooks';

/**
 * Work of ours for later, outside of whatever piece of the host's work is going on: what traces the host, or keeps its
 * context, is not to find us in it. No timer keeps the process alive, and nothing thrown in one reaches the process.
 */
export interface Later {
  timeout(fn: () => void, ms: number): NodeJS.Timeout;
  interval(fn: () => void, ms: number): NodeJS.Timeout;
  immediate(fn: () => void): void;
  /** Now, but outside all the same. */
  outside<T>(fn: () => T): T;
}

export function createLater(fail: (what: string, error: unknown) => void): Later {
  const root = new AsyncResource('Plumbline');
  const outside = <T>(fn: () => T): T => root.runInAsyncScope(fn);
  const guarded = (fn: () => void) => (): void => {
    try {
      fn();
    } catch (error) {
      fail('work that was put off could not be done', error);
    }
  };
  return {
    outside,
    timeout: (fn, ms) => outside(() => setTimeout(guarded(fn), ms).unref()),
    interval: (fn, ms) => outside(() => setInterval(guarded(fn), ms).unref()),
    immediate: (fn) => {
      // Not unref'd: Node would then wait for something else to happen first. It is over in the same turn.
      outside(() => setImmediate(guarded(fn)));
    },
  };
}
