import type { InferenceRecord } from '../inference-record.ts';
import type { OpenCall, Recorder } from '../recorder.ts';
import type { CallReader, StreamReader } from './call-reader.ts';
import { ABANDONED, CANCELLED, outcomeOf } from './errors.ts';
import { forget } from './forgotten.ts';
import { safely } from './values.ts';

export interface WatchedCall {
  readonly body: unknown;
  readonly provider: string | undefined;
  /** The host's AbortSignal, if any. */
  readonly signal: unknown;
}

/**
 * Opens a record for a call that has just begun. Milliseconds between the answer's head and the host's wish to read it
 * are the host's own and not counted.
 */
export function watchCall(recorder: Recorder, reader: CallReader, given: WatchedCall): CallWatch | undefined {
  return safely(() => new CallWatch(recorder, reader, given));
}

/**
 * What is told of one call, in the order in which it can happen. Nothing here throws: what a hook tells us must never be
 * felt by the host. A class, since one is made for each call: its methods cost nothing then.
 */
export class CallWatch {
  /** Asked whether a failure is not the last word yet: whoever says true ends the call later. */
  holdsBack: ((error: unknown) => boolean) | undefined;
  readonly #recorder: Recorder;
  readonly #reader: CallReader;
  readonly #call: OpenCall;
  readonly #signal: unknown;
  readonly #beganAt = performance.now();
  /** The model that was asked for. */
  #asked: string | undefined;
  #answeredAt: number | undefined;
  #readingAt: number | undefined;
  #holders = 0;
  #isSeen = false;
  #isStreaming = false;
  #isOver = false;
  #stream: StreamReader | undefined;

  constructor(recorder: Recorder, reader: CallReader, { body, provider, signal }: WatchedCall) {
    this.#recorder = recorder;
    this.#reader = reader;
    this.#signal = signal;
    this.#call = recorder.begin(() => {
      const request = reader.request(body);
      this.#asked = request.model;
      return provider === undefined ? request : { provider, ...request };
    });
  }

  /** Nothing that happens from now on is of interest. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The head of the answer is here. */
  answered(): void {
    try {
      this.#answeredAt ??= performance.now();
      this.#abandonHead();
    } catch {}
  }

  /** The host wants the body: from now on it is being read. */
  reading(): void {
    try {
      this.#readingAt ??= performance.now();
    } catch {}
  }

  /** The body, as the host gets it; the same value comes back. */
  value(value: unknown): void {
    try {
      if (this.#isSeen) return;
      this.#isSeen = true;
      const latency_ms = this.#wholeMs();
      this.#end(() => ({ latency_ms, ...safely(() => this.#reader.response(value, this.#asked)) }));
    } catch {}
  }

  /** The body is a stream. */
  streaming(stream: unknown): void {
    try {
      this.#isSeen = true;
      this.#isStreaming = true;
      this.#stream = safely(() => this.#reader.stream?.());
      if (this.#stream === undefined) this.#endWithHead();
      this.#recorder.link(stream, this.#call);
    } catch {}
  }

  /** One event of the stream. */
  event(event: unknown): void {
    try {
      const stream = this.#stream;
      if (stream === undefined || this.#isOver) return;
      const hadContent = stream.hasContent;
      stream.read(event);
      if (!hadContent && stream.hasContent) this.#call.firstToken();
    } catch {}
  }

  /** The stream is over; `isAborted` when its request was. */
  over(isAborted: boolean): void {
    try {
      const stream = this.#stream;
      const failure = safely(() => stream?.failure);
      if (failure !== undefined) this.failed(failure);
      else if (isAborted && !safely(() => stream?.isComplete)) this.#cut(CANCELLED);
      else this.#end(() => stream?.record(this.#asked) ?? {});
    } catch {}
  }

  /** The host has stopped reading. */
  stopped(): void {
    try {
      this.over(true);
    } catch {}
  }

  failed(error: unknown): void {
    try {
      // What breaks in the middle of a stream is not tried again.
      if (!this.#isStreaming && this.holdsBack?.(error) === true) return;
      this.#end(() => ({
        ...safely(() => this.#stream?.record(this.#asked)),
        ...outcomeOf(error, this.#signal),
      }));
    } catch {}
  }

  /** A failure that may not be the last word: what to do if it was. Its time is now. */
  failure(error: unknown): () => void {
    const latency_ms = this.#nowMs();
    return () => this.#end(() => ({ latency_ms, ...outcomeOf(error, this.#signal) }));
  }

  /** The host has taken the head and nothing more: what can be known is known. */
  unread(): void {
    try {
      if (this.#readingAt === undefined) this.#endWithHead();
    } catch {}
  }

  /** One more object of the host's from which the answer can be had. */
  held(): void {
    try {
      this.#holders++;
    } catch {}
  }

  /** One of them is gone, and nobody can ask it any more. */
  dropped(): void {
    try {
      this.#holders--;
      if (this.#holders <= 0 && this.#stream !== undefined) this.#cut(ABANDONED);
      else this.#abandonHead();
    } catch {}
  }

  /** Remembers the record of this call for a result. */
  link(result: unknown): void {
    try {
      this.#recorder.link(result, this.#call);
    } catch {}
  }

  #end(describe: () => Partial<InferenceRecord>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call.end(describe);
    forget(this);
  }

  #endWithHead(more: Partial<InferenceRecord> = {}): void {
    const latency_ms = (this.#answeredAt ?? performance.now()) - this.#beganAt;
    this.#end(() => ({ latency_ms, ...more }));
  }

  /** With what the stream has said up to now. */
  #cut(outcome: Partial<InferenceRecord>): void {
    this.#end(() => ({ ...safely(() => this.#stream?.record(this.#asked)), ...outcome }));
  }

  #abandonHead(): void {
    const isUnread = this.#answeredAt !== undefined && this.#readingAt === undefined;
    if (this.#holders <= 0 && isUnread) this.#endWithHead(ABANDONED);
  }

  #nowMs(): number {
    return performance.now() - this.#beganAt;
  }

  /** Without what is the host's: between the answer's head and its wish to read it. */
  #wholeMs(): number {
    const answeredAt = this.#answeredAt ?? Number.POSITIVE_INFINITY;
    return this.#nowMs() - Math.max(0, (this.#readingAt ?? 0) - answeredAt);
  }
}
