import type { CallWatch } from './call-watch.ts';
import { holdUntilDropped } from './forgotten.ts';
import { apply, field, isFields, isFunction, safely } from './values.ts';

type Call = (...given: unknown[]) => unknown;

/** The clients' stream: all of its ways to be read (`for await`, `tee`, `toReadableStream`) begin at `iterator`. */
export interface VendorStream {
  iterator: Call;
  readonly controller: unknown;
}

export function isVendorStream(value: unknown): value is VendorStream {
  return (
    isFields(value) &&
    isFunction(value['iterator']) &&
    isFunction(field(value, Symbol.asyncIterator)) &&
    isFields(value['controller'])
  );
}

const WATCHED = new WeakSet<object>();

/**
 * Listens to the host as it reads the stream, in place and in step with it: an event is asked for when the host asks for it,
 * so back-pressure and `break` stay what they were.
 */
export function watchStream(stream: VendorStream, watch: CallWatch): void {
  if (WATCHED.has(stream)) return;
  WATCHED.add(stream);
  watch.streaming(stream);
  const { iterator, controller } = stream;
  let isTaken = false;
  stream.iterator = function (this: unknown, ...given: unknown[]) {
    const source = apply(iterator, this, given);
    // A stream can be read once: the second iterator exists only to say so.
    if (!isTaken) safely(() => watchIterator(source, controller, watch));
    isTaken = true;
    return source;
  };
  holdUntilDropped(stream, watch);
}

function watchIterator(source: unknown, controller: unknown, watch: CallWatch): void {
  if (!isFields(source) || !isFunction(source['next'])) return;
  const { next, return: stop } = source;
  const own = (name: string, value: Call): void => {
    Object.defineProperty(source, name, { value, writable: true, configurable: true, enumerable: false });
  };
  own('next', (...given) => {
    const step = apply(next, source, given);
    if (!(step instanceof Promise)) return step;
    return step.then(
      (result: unknown) => {
        safely(() => take(result, controller, watch));
        return result;
      },
      (error: unknown) => {
        watch.failed(error);
        throw error;
      },
    );
  });
  if (isFunction(stop)) {
    own('return', (...given) => {
      watch.stopped();
      return apply(stop, source, given);
    });
  }
  holdUntilDropped(source, watch);
}

function take(result: unknown, controller: unknown, watch: CallWatch): void {
  if (field(result, 'done') !== true) watch.event(field(result, 'value'));
  // The clients end an aborted stream as if it had come to its end.
  else watch.over(safely(() => field(field(controller, 'signal'), 'aborted')) === true);
}
