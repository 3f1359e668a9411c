import type { Plumbline, RecordingStats } from './plumbline.ts';
import { INERT_CALL } from './recorded-call.ts';

export const EMPTY_STATS: RecordingStats = {
  openCalls: 0,
  queued: 0,
  queuedBytes: 0,
  sent: 0,
  rejected: 0,
  dropped: {},
  problems: {},
};

/** Records nothing: what a host has whose Plumbline could not be made. */
export const INERT_PLUMBLINE: Plumbline = {
  isRecording: false,
  begin: () => INERT_CALL,
  link() {},
  idOf: () => undefined,
  observe: (client) => client,
  observeCall: (fn) => fn(INERT_CALL),
  track: () => '',
  score() {},
  stats: () => EMPTY_STATS,
  flush: async () => true,
  shutdown: async () => true,
  [Symbol.asyncDispose]: async () => {},
};
