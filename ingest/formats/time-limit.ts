import { createContext, Script } from 'node:vm';

/** A function that runs another and gives what it gives, or `'overrun'` when it takes longer than `ms` or too deep a stack. */
export type TimeLimit = <Result>(run: () => Result) => Result | 'overrun';

/**
 * A limit of time for work that cannot be interrupted by itself: loops and regular expressions on hostile input. It costs some
 * 50 µs a call, for the thread that watches.
 */
export function createTimeLimit(ms: number): TimeLimit {
  const script = new Script('run()');
  const context = createContext({ run: undefined });
  return <Result>(run: () => Result) => {
    context['run'] = run;
    try {
      return script.runInContext(context, { timeout: ms }) as Result;
    } catch (error) {
      const { name, code } = error as NodeJS.ErrnoException;
      // By name: an overflow of the stack may be thrown as the other context's own RangeError.
      if (name === 'RangeError' || code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'overrun';
      throw error;
    } finally {
      context['run'] = undefined;
    }
  };
}
