import { outcomeOf } from './clients/errors.ts';
import type { InferenceRecord } from './inference-record.ts';
import type { OpenCall, Recorder } from './recorder.ts';

/** What is said of a call that no hook knows. */
export interface CallDescription<T> extends Partial<InferenceRecord> {
  /** What the answer adds: `({ text }) => ({ response: text })`. */
  readonly result?: (value: Awaited<T>) => Partial<InferenceRecord>;
}

/**
 * Runs `fn` once and returns what it returns, or throws what it throws. A promise of Node's own comes back as one that
 * settles in the same way; any other kind comes back itself, its `then` listened to when the host calls it.
 *
 * @param fn gets the call: its id, and `firstToken()` for when the first piece of the answer is there
 */
export function observeCall<T>(
  recorder: Recorder,
  fn: (call: Pick<OpenCall, 'id' | 'firstToken'>) => T,
  describe: CallDescription<T>,
): T {
  const call = recorder.begin(() => requestOf(describe));
  const succeeded = (value: Awaited<T>): void => {
    try {
      call.end(() => ({ status: 'ok', ...describe.result?.(value) }));
      recorder.link(value, call);
    } catch {
      // The recorder says that it does not throw; the host's value does not depend on it.
    }
  };
  const failed = (error: unknown): void => {
    try {
      call.end(() => outcomeOf(error));
    } catch {
      // The same for the host's error.
    }
  };
  let returned: T;
  try {
    returned = fn(call);
  } catch (error) {
    failed(error);
    throw error;
  }
  return settledAs(returned, { succeeded, failed });
}

interface Ends<T> {
  readonly succeeded: (value: Awaited<T>) => void;
  readonly failed: (error: unknown) => void;
}

function settledAs<T>(returned: T, ends: Ends<T>): T {
  try {
    if (!isThenable(returned)) {
      ends.succeeded(returned as Awaited<T>);
      return returned;
    }
    const { succeeded, failed } = ends;
    const passOn = (value: Awaited<T>): Awaited<T> => {
      succeeded(value);
      return value;
    };
    const throwOn = (error: unknown): never => {
      failed(error);
      throw error;
    };
    // Handed on and not listened to on the side, so that a rejection nobody handles is still one that nobody handles.
    const promise: Thenable = returned;
    const isNodesOwn = Object.is(promise.constructor, Promise);
    if (isNodesOwn) return promise.then(passOn, throwOn) as T;
    return listenedTo(promise, { passOn, throwOn }) as T;
  } catch {
    // What is neither a value nor a promise in any way we know is the host's, as it is.
    return returned;
  }
}

interface Handlers<T> {
  readonly passOn: (value: Awaited<T>) => Awaited<T>;
  readonly throwOn: (error: unknown) => never;
}

type Thenable = object & { then(...handlers: unknown[]): unknown };

const isThenable = (value: unknown): value is Thenable =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';

/** Promises that begin their work when somebody calls `then`, or that have more than one way to be read. */
function listenedTo<T>(promise: Thenable, { passOn, throwOn }: Handlers<T>): Thenable {
  const then = (...[onValue, onError]: unknown[]): unknown => {
    const whenDone = (value: Awaited<T>): unknown => {
      passOn(value);
      return typeof onValue === 'function' ? onValue(value) : value;
    };
    const whenFailed = (error: unknown): unknown => {
      if (typeof onError !== 'function') return throwOn(error);
      try {
        throwOn(error);
      } catch {
        // Noted; the host's own handler has it now.
      }
      return onError(error);
    };
    return promise.then(whenDone, whenFailed);
  };
  return new Proxy(promise, {
    get(target, name) {
      if (name === 'then') return then;
      if (name === 'catch') return (onError: unknown) => then(undefined, onError);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function requestOf<T>({ result: _, ...request }: CallDescription<T>): Partial<InferenceRecord> {
  return request;
}
