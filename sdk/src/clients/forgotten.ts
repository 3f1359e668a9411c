interface Watch {
  readonly isOver: boolean;
  held(): void;
  dropped(): void;
}

/** Calls whose answer nobody can read any more: the host dropped the promise, or the stream, without reading it. */
const FORGOTTEN = new FinalizationRegistry<Watch>((watch) => watch.dropped());

/** The record of a call ends, at the latest, when the last of what it was handed out as is collected. */
export function holdUntilDropped(handedOut: object, watch: Watch): void {
  if (watch.isOver) return;
  watch.held();
  FORGOTTEN.register(handedOut, watch, watch);
}

/**
 * To be called when the call is over. What is registered survives the young generation, with the answer that hangs on it:
 * left to the collector, each call would be a matter of the old one, which is what a host feels.
 */
export function forget(watch: Watch): void {
  FORGOTTEN.unregister(watch);
}
