import type { ObserveOptions } from './clients/observe.ts';
import type { InferenceRecord } from './inference-record.ts';
import type { CallDescription } from './observe-call.ts';
import type { ProblemCode } from './problems.ts';
import type { OpenCall, Recorder } from './recorder.ts';
import type { ScoreDetails } from './score-line.ts';
import type { DropReason } from './tally.ts';

/** What became of what was recorded, since the start. */
export interface RecordingStats {
  /** Calls that began and did not end yet. */
  readonly openCalls: number;
  /** Records that wait, and the bytes of those that are written. */
  readonly queued: number;
  readonly queuedBytes: number;
  readonly sent: number;
  /** Refused by the service, one by one. */
  readonly rejected: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** What went wrong and the host did not notice, by kind. */
  readonly problems: Readonly<Partial<Record<ProblemCode, number>>>;
}

/** Records calls of models and sends them to the service, behind the host's back: no method throws or waits for it. */
export interface Plumbline extends Recorder {
  /** Whether anything is recorded: there is an address, and no shutdown. */
  readonly isRecording: boolean;
  /** Records the calls of this client of OpenAI, Anthropic or what speaks their protocol from now on; returns the same client. */
  observe<T>(client: T, options?: ObserveOptions): T;
  /** Records what `fn` does as one call, and returns what it returns. */
  observeCall<T>(fn: (call: Pick<OpenCall, 'id' | 'firstToken'>) => T, describe: CallDescription<T>): T;
  /** Records a call that is over, and returns the record's id; empty where nothing is recorded. */
  track(record: Partial<InferenceRecord> & Pick<InferenceRecord, 'model'>): string;
  /** Attaches judgements to a record, better when higher: `score(id, { thumbs: 1 })`. */
  score(id: string, scores: Readonly<Record<string, number | boolean>>, details?: ScoreDetails): void;
  /** Id of the record that tells of this answer of an observed client; undefined if none does. */
  idOf(result: unknown): string | undefined;
  stats(): RecordingStats;
  /** Sends what was recorded up to now. False if that took longer than `timeoutMs` (default 5,000). */
  flush(timeoutMs?: number): Promise<boolean>;
  /** Closes calls that are still open as abandoned, flushes, spills what is left, and records no more. */
  shutdown(timeoutMs?: number): Promise<boolean>;
  [Symbol.asyncDispose](): Promise<void>;
}
