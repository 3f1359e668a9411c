import { AppError } from '../core/errors.ts';

/** What is asked of an engine, so that it is not closed in the middle of it. */
export interface InFlight {
  /** Rejects with `upstream_unavailable` once it is ending. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** The same for an answer in parts: under way until it is read to its end, or left. */
  stream<T>(parts: () => AsyncIterable<T>): AsyncIterable<T>;
  /** Takes no more, and resolves when nothing is under way. */
  end(): Promise<void>;
}

/** Counts what is under way until it is told to end. */
export function createInFlight(): InFlight {
  const underWay = new Set<Promise<unknown>>();
  let isEnding = false;

  function begin(): () => void {
    if (isEnding) throw new AppError('upstream_unavailable', 'the store is being closed');
    let done: () => void = () => {};
    const one = new Promise<void>((resolve) => {
      done = resolve;
    });
    underWay.add(one);
    return () => {
      underWay.delete(one);
      done();
    };
  }

  return {
    async run(work) {
      const done = begin();
      try {
        return await work();
      } finally {
        done();
      }
    },
    async *stream(parts) {
      const done = begin();
      try {
        yield* parts();
      } finally {
        done();
      }
    },
    async end() {
      isEnding = true;
      await Promise.all(underWay);
    },
  };
}
