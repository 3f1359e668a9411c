import type { CallWatch } from './call-watch.ts';
import { holdUntilDropped } from './forgotten.ts';
import { apply, field, isFields, isFunction, safely } from './values.ts';
import { isVendorStream, watchStream } from './watched-stream.ts';

type Call = (...given: unknown[]) => unknown;

/**
 * The promise that the clients of OpenAI and Anthropic return. It is lazy: it reads the body of the answer when it is asked to,
 * so `then` must never be called on the host's behalf. What it does when it is asked are properties of its own.
 */
export interface VendorPromise {
  /** The head of the answer. */
  responsePromise: Promise<unknown>;
  /** Reads the body. */
  parseResponse: Call;
  /** The same call with another last step: how the clients make `parse` of `create`. */
  _thenUnwrap: Call;
  asResponse: Call;
}

export function isVendorPromise(value: unknown): value is VendorPromise {
  return (
    isFields(value) &&
    value['responsePromise'] instanceof Promise &&
    ['parseResponse', '_thenUnwrap', 'asResponse', 'then'].every((name) => isFunction(value[name])) &&
    Object.isExtensible(value)
  );
}

/**
 * Listens to this one promise, in place: it is the object that the client made, with all that it can do. Nothing is read that
 * the host does not read, and a rejection that nobody handles stays one.
 */
export function watchPromise(promise: VendorPromise, watch: CallWatch): void {
  const { responsePromise } = promise;
  // Handled here and rejected again, so that exactly what was unhandled before is unhandled now.
  const head = responsePromise.then(
    (answer) => {
      watch.answered();
      return answer;
    },
    (error: unknown) => {
      watch.failed(error);
      throw error;
    },
  );
  try {
    listen(promise, head, watch);
  } catch (error) {
    // The host has the promise that it had; ours, which nobody else knows, is not to be missed.
    if (promise.responsePromise !== head) head.catch(() => {});
    throw error;
  }
}

function listen(promise: VendorPromise, head: Promise<unknown>, watch: CallWatch): void {
  const { parseResponse, _thenUnwrap, asResponse } = promise;
  promise.responsePromise = head;
  own(promise, 'parseResponse', async (...given) => {
    watch.reading();
    let value: unknown;
    try {
      value = await apply(parseResponse, promise, given);
    } catch (error) {
      watch.failed(error);
      throw error;
    }
    return seen(value, watch);
  });
  own(promise, '_thenUnwrap', (transform, ...rest) => {
    const last = isFunction(transform)
      ? (value: unknown, ...more: unknown[]) => transform(seen(value, watch), ...more)
      : transform;
    const derived = apply(_thenUnwrap, promise, [last, ...rest]);
    // OpenAI 7 derives from the answer itself, not from this promise.
    safely(() => isVendorPromise(derived) && listen(derived, head, watch));
    return derived;
  });
  own(promise, 'asResponse', (...given) => {
    const response = apply(asResponse, promise, given);
    // Whoever wants the body as well asked for it before, as `withResponse` does.
    if (!(response instanceof Promise)) return response;
    return response.then((head: unknown) => {
      watch.unread();
      return head;
    });
  });
  holdUntilDropped(promise, watch);
}

function own(promise: VendorPromise, name: keyof VendorPromise, value: Call): void {
  Object.defineProperty(promise, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Takes note of the value that the host gets, and hands on the very same. */
function seen(value: unknown, watch: CallWatch): unknown {
  const stream = safely(() => (isVendorStream(value) ? value : undefined));
  if (stream !== undefined) safely(() => watchStream(stream, watch));
  else {
    watch.value(value);
    if (isFields(value)) watch.link(value);
  }
  return value;
}

/** The AbortSignal among a call's options. */
export function signalOf(options: unknown): unknown {
  return safely(() => field(options, 'signal'));
}
