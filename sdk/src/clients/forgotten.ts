import type { CallWatch } from './call-watch.ts';

/** Calls whose answer nobody can read any more: the host dropped the promise, or the stream, without reading it. */
const FORGOTTEN = new FinalizationRegistry<CallWatch>((watch) => watch.dropped());

/** The record of a call ends, at the latest, when the last of what it was handed out as is collected. */
export function holdUntilDropped(handedOut: object, watch: CallWatch): void {
  watch.held();
  FORGOTTEN.register(handedOut, watch);
}
