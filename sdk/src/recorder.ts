import type { InferenceRecord } from './inference-record.ts';

/** One call to a model, from its beginning to its one end. No method throws, and none waits. */
export interface OpenCall {
  /** The record's id, a UUIDv7 made when the call began: what a later score is given for. */
  readonly id: string;
  /** The first piece of the answer came now. Only the first counts. */
  firstToken(): void;
  /**
   * The call is over. Only the first end counts: a stream that fails after it was cancelled stays cancelled.
   * What `describe` returns is laid over what the call began with; if it throws, the record goes without it.
   */
  end(describe: () => Partial<InferenceRecord>): void;
}

/** Where the hooks of the clients hand in what they see. What a hook must read of the host's objects it reads inside
 * the functions it passes, so that a getter that throws, or a shape nobody expected, costs content and never the call. */
export interface Recorder {
  begin(describe: () => Partial<InferenceRecord>): OpenCall;
  /** Remembers which record tells of this result of the host's, for `idOf(result)`; held weakly. */
  link(result: unknown, call: OpenCall): void;
}
