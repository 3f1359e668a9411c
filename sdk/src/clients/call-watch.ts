import type { InferenceRecord } from '../inference-record.ts';
import type { OpenCall, Recorder } from '../recorder.ts';
import type { CallReader, StreamReader } from './call-reader.ts';
import { ABANDONED, CANCELLED, outcomeOf } from './errors.ts';
import { safely } from './values.ts';

/** What is told of one call, in the order in which it can happen. Nothing here throws. */
export interface CallWatch {
  /** The head of the answer is here. */
  answered(): void;
  /** The host wants the body: from now on it is being read. */
  reading(): void;
  /** The body, as the host gets it; the same value comes back. */
  value(value: unknown): void;
  /** The body is a stream. */
  streaming(stream: unknown): void;
  /** One event of the stream; true when it was the last one. */
  event(event: unknown): void;
  /** The stream is over; `isAborted` when its request was. */
  over(isAborted: boolean): void;
  /** The host has stopped reading. */
  stopped(): void;
  failed(error: unknown): void;
  /** A failure that may not be the last word: what to do if it was. Its time is now. */
  failure(error: unknown): () => void;
  /** The host has taken the head and nothing more: what can be known is known. */
  unread(): void;
  /** One more object of the host's from which the answer can be had. */
  held(): void;
  /** One of them is gone, and nobody can ask it any more. */
  dropped(): void;
  /** Remembers the record of this call for a result. */
  link(result: unknown): void;
}

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
  const { body, provider, signal } = given;
  let asked: string | undefined;
  const call = safely(() =>
    recorder.begin(() => {
      const request = reader.request(body);
      asked = request.model;
      return provider === undefined ? request : { provider, ...request };
    }),
  );
  return call && guarded(watchOf({ recorder, reader, call, signal, asked: () => asked }));
}

/** The same, and what is said of it is so whatever happens: what a hook tells us must never be felt by the host. */
function guarded(watch: CallWatch): CallWatch {
  const quietly =
    <T extends unknown[]>(tell: (...given: T) => void) =>
    (...given: T): void =>
      void safely(() => tell(...given));
  return {
    answered: quietly(watch.answered),
    reading: quietly(watch.reading),
    value: quietly(watch.value),
    streaming: quietly(watch.streaming),
    event: quietly(watch.event),
    over: quietly(watch.over),
    stopped: quietly(watch.stopped),
    failed: quietly(watch.failed),
    failure: (error) => quietly(safely(() => watch.failure(error)) ?? (() => {})),
    unread: quietly(watch.unread),
    held: quietly(watch.held),
    dropped: quietly(watch.dropped),
    link: quietly(watch.link),
  };
}

interface Watched {
  readonly recorder: Recorder;
  readonly reader: CallReader;
  readonly call: OpenCall;
  readonly signal: unknown;
  readonly asked: () => string | undefined;
}

function watchOf({ recorder, reader, call, signal, asked }: Watched): CallWatch {
  const clock = clockOf();
  let holders = 0;
  let isSeen = false;
  let isOver = false;
  let stream: StreamReader | undefined;

  const end = (describe: () => Partial<InferenceRecord>): void => {
    if (isOver) return;
    isOver = true;
    safely(() => call.end(describe));
  };
  const headOnly = (more: Partial<InferenceRecord> = {}): void => {
    const latency = { latency_ms: clock.headMs() };
    end(() => ({ ...latency, ...more }));
  };
  const cut = (outcome: Partial<InferenceRecord>): void =>
    end(() => ({ ...safely(() => stream?.record(asked())), ...outcome }));
  const failed = (error: unknown): void =>
    end(() => ({ ...safely(() => stream?.record(asked())), ...outcomeOf(error, signal) }));
  const over = (isAborted: boolean): void => {
    const failure = safely(() => stream?.failure);
    if (failure !== undefined) failed(failure);
    else if (isAborted && !safely(() => stream?.isComplete)) cut(CANCELLED);
    else end(() => stream?.record(asked()) ?? {});
  };
  const abandonHead = (): void => {
    if (holders <= 0 && clock.isAnswered() && !clock.isReading()) headOnly(ABANDONED);
  };
  return {
    answered() {
      clock.answered();
      abandonHead();
    },
    reading: clock.reading,
    value(value) {
      if (isSeen) return;
      isSeen = true;
      const latency = { latency_ms: clock.wholeMs() };
      end(() => ({ ...latency, ...safely(() => reader.response(value, asked())) }));
    },
    streaming(value) {
      isSeen = true;
      stream = safely(() => reader.stream?.());
      if (stream === undefined) headOnly();
      safely(() => recorder.link(value, call));
    },
    event: (event) =>
      void safely(() => {
        if (stream === undefined || isOver) return;
        const hadContent = stream.hasContent;
        stream.read(event);
        if (!hadContent && stream.hasContent) call.firstToken();
      }),
    over,
    stopped: () => over(true),
    failed,
    failure(error) {
      const latency = { latency_ms: clock.nowMs() };
      return () => end(() => ({ ...latency, ...outcomeOf(error, signal) }));
    },
    unread: () => (clock.isReading() ? undefined : headOnly()),
    held() {
      holders++;
    },
    dropped() {
      holders--;
      if (holders <= 0 && stream !== undefined) cut(ABANDONED);
      else abandonHead();
    },
    link: (result) => void safely(() => recorder.link(result, call)),
  };
}

/** Milliseconds since the call began, and what of them is the host's: between the answer's head and its wish to read. */
function clockOf() {
  const beganAt = performance.now();
  let answeredAt: number | undefined;
  let readingAt: number | undefined;
  const nowMs = (): number => performance.now() - beganAt;
  return {
    nowMs,
    answered() {
      answeredAt ??= performance.now();
    },
    reading() {
      readingAt ??= performance.now();
    },
    isAnswered: () => answeredAt !== undefined,
    isReading: () => readingAt !== undefined,
    headMs: () => (answeredAt ?? performance.now()) - beganAt,
    wholeMs: () => nowMs() - Math.max(0, (readingAt ?? 0) - (answeredAt ?? Number.POSITIVE_INFINITY)),
  };
}
