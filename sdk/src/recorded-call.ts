import type { CallContext } from './call-context.ts';
import type { Draft } from './draft.ts';
import type { InferenceRecord } from './inference-record.ts';
import type { OpenCall } from './recorder.ts';

/** What a call that is over says. */
export interface EndedCall {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly beganAtMs: number;
  readonly context: CallContext | undefined;
  readonly begin: Draft;
  readonly end: Draft;
  /** Null where it is not known: nobody saw the end. */
  readonly latencyMs: number | null;
  readonly firstTokenMs: number | null;
}

/** What a call hands itself over to. */
export interface CallOwner {
  describe(describe: () => Partial<InferenceRecord>): Draft;
  finish(call: RecordedCall, ended: EndedCall): void;
  fail(what: string, error: unknown): void;
}

/** Node's clock of a duration, and not that of the day, which may be set while a call runs. */
const now = (): number => performance.now();

export class RecordedCall implements OpenCall {
  readonly id: string;
  readonly beganAtMs: number;
  readonly begin: Draft;
  readonly #owner: CallOwner;
  readonly #context: CallContext | undefined;
  readonly #beganMs: number;
  #firstTokenMs: number | null = null;
  #isOver = false;

  constructor(
    owner: CallOwner,
    { id, beganAtMs, begin, context }: Pick<EndedCall, 'id' | 'beganAtMs' | 'begin' | 'context'>,
  ) {
    this.#owner = owner;
    this.id = id;
    this.beganAtMs = beganAtMs;
    this.begin = begin;
    this.#context = context;
    this.#beganMs = now();
  }

  firstToken(): void {
    try {
      if (!this.#isOver) this.#firstTokenMs ??= now() - this.#beganMs;
    } catch (error) {
      this.#owner.fail('the first token of a call could not be noted', error);
    }
  }

  end(describe: () => Partial<InferenceRecord>): void {
    try {
      this.#close(() => this.#owner.describe(describe), now() - this.#beganMs);
    } catch (error) {
      this.#owner.fail('the end of a call could not be noted', error);
    }
  }

  /** Ends it without anybody having seen its end. */
  abandon(): void {
    this.#close(() => ({ fields: { finish_reason: 'abandoned' }, bytes: 0 }), null);
  }

  #close(draft: () => Draft, latencyMs: number | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owner.finish(this, {
      id: this.id,
      beganAtMs: this.beganAtMs,
      context: this.#context,
      begin: this.begin,
      end: draft(),
      latencyMs,
      firstTokenMs: this.#firstTokenMs,
    });
  }
}

/** What a hook gets where nothing is recorded. */
export const INERT_CALL: OpenCall = { id: '', firstToken() {}, end() {} };
