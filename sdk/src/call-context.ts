import { AsyncLocalStorage } from 'node:async_hooks';

/** What calls within a piece of the host's work have in common. */
export interface CallContext {
  /** Conversation that the calls belong to. */
  readonly session?: string;
  /** Who asked, as the host's own key. */
  readonly user?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  readonly prompt_name?: string;
  readonly prompt_version?: string;
  /** What is told apart: `{ region: 'eu' }`. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Segments watched for disparity: `{ gender: 'f' }`. */
  readonly groups?: Readonly<Record<string, string | number | boolean>>;
}

type Storage = AsyncLocalStorage<CallContext>;

// One per process and not per copy of this module: a host may load it as ESM here and as CommonJS there.
const KEY = Symbol.for('@plumbline/sdk context, version 1');

function storage(): Storage {
  const shared = globalThis as { [KEY]?: Storage };
  shared[KEY] ??= new AsyncLocalStorage<CallContext>();
  return shared[KEY];
}

/**
 * Runs `fn` and returns what it returns: calls begun inside carry `context`, laid over the one around it; attributes and
 * groups are joined. Nothing of ours can keep `fn` from running once.
 */
export function withContext<T>(context: CallContext, fn: () => T): T {
  let run = fn;
  try {
    run = enclosed(context, fn);
  } catch {
    // Without its context, then.
  }
  return run();
}

function enclosed<T>(context: CallContext, fn: () => T): () => T {
  const store = storage();
  const joined = join(store.getStore(), context);
  let hasBegun = false;
  const once = (): T => {
    hasBegun = true;
    return fn();
  };
  return () => {
    try {
      return store.run(joined, once);
    } catch (error) {
      if (hasBegun) throw error;
      return fn();
    }
  };
}

/** The context of the piece of work that is running; undefined outside all. */
export function currentContext(): CallContext | undefined {
  return storage().getStore();
}

function join(outer: CallContext | undefined, inner: CallContext): CallContext {
  if (!outer) return { ...inner };
  const attributes = { ...outer.attributes, ...inner.attributes };
  const groups = { ...outer.groups, ...inner.groups };
  return { ...outer, ...inner, attributes, groups };
}
