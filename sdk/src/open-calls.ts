import type { Later } from './later.ts';
import type { RecordedCall } from './recorded-call.ts';
import type { Limits } from './settings.ts';

export interface OpenCallsOptions {
  readonly limits: Limits;
  readonly later: Later;
}

const SWEEP_MS_MAX = 30_000;

/**
 * Calls that began and did not end yet, oldest first. A stream that nobody reads never ends: after a time, or when there
 * are too many, the oldest is closed as abandoned. Holds copies of what was asked, and nothing of the host's.
 */
export class OpenCalls {
  readonly #options: OpenCallsOptions;
  readonly #calls = new Set<RecordedCall>();
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: OpenCallsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#calls.size;
  }

  add(call: RecordedCall): void {
    const { openCallsMax, queueBytesMax } = this.#options.limits;
    this.#calls.add(call);
    this.#bytes += call.begin.bytes;
    while (this.#calls.size > openCallsMax || (this.#bytes > queueBytesMax && this.#calls.size > 1)) {
      this.#abandonOldest();
    }
    if (!this.#timer) this.#arm();
  }

  remove(call: RecordedCall): void {
    if (this.#calls.delete(call)) this.#bytes -= call.begin.bytes;
  }

  /** @param atMs moment, in ms since 1970: who began before it is abandoned */
  abandonBefore(atMs: number): void {
    for (const call of this.#calls) {
      if (call.beganAtMs >= atMs) break;
      this.#abandon(call);
    }
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #abandonOldest(): void {
    for (const call of this.#calls) {
      this.#abandon(call);
      return;
    }
  }

  #abandon(call: RecordedCall): void {
    this.remove(call);
    call.abandon();
  }

  #arm(): void {
    const { openCallMsMax } = this.#options.limits;
    const everyMs = Math.min(SWEEP_MS_MAX, openCallMsMax / 2);
    this.#timer = this.#options.later.interval(() => this.#sweep(), everyMs);
  }

  #sweep(): void {
    if (this.#calls.size === 0) this.stop();
    this.abandonBefore(Date.now() - this.#options.limits.openCallMsMax);
  }
}
