import type { Lane } from './lane.ts';
import type { Later } from './later.ts';
import type { EndedCall } from './recorded-call.ts';
import type { Limits } from './settings.ts';
import type { Tally } from './tally.ts';
import type { Written } from './write-line.ts';

export interface IntakeOptions {
  readonly limits: Limits;
  readonly lane: Lane;
  readonly tally: Tally;
  readonly write: (call: EndedCall) => Written;
  readonly fail: (what: string, error: unknown) => void;
  readonly later: Later;
}

/** What the event loop is held up for at most before the host has its turn again, unless one record alone takes longer. */
const SLICE_MS_MAX = 1;

/**
 * Calls that are over and not written yet. The host pays for a copy of what it said; sampling, masking, cutting and
 * writing JSON come in a later turn of the event loop, a millisecond at a time. What waits here counts towards the bounds
 * of the lane's queue.
 */
export class Intake {
  readonly #options: IntakeOptions;
  #calls: (EndedCall | undefined)[] = [];
  #next = 0;
  #bytes = 0;
  #isScheduled = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#calls.length - this.#next;
  }

  add(call: EndedCall): void {
    const { limits, lane, tally } = this.#options;
    const bytes = bytesOf(call);
    const isFull =
      this.count + 1 > limits.queueRecordsMax ||
      this.#bytes + bytes > limits.queueBytesMax ||
      // A lane that is full makes room by dropping what is oldest.
      (this.#bytes + bytes + lane.bytes > limits.queueBytesMax && !lane.makeRoom(this.#bytes + bytes));
    if (isFull) {
      tally.drop('queue_full', 1);
      return;
    }
    this.#calls.push(call);
    this.#bytes += bytes;
    this.#schedule();
  }

  /** Writes all that waits, with turns of the host's between. Keeps the process alive meanwhile. */
  async empty(): Promise<void> {
    while (this.count > 0) {
      this.#slice();
      if (this.count > 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Writes all that waits, now. */
  drain(): void {
    while (this.count > 0) this.#writeNext();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.later.immediate(() => this.#slice());
  }

  #slice(): void {
    this.#isScheduled = false;
    const until = performance.now() + SLICE_MS_MAX;
    while (this.count > 0) {
      this.#writeNext();
      if (performance.now() >= until) break;
    }
    if (this.count > 0) this.#schedule();
  }

  #writeNext(): void {
    const call = this.#take();
    if (!call) return;
    const { lane, tally, write, fail } = this.#options;
    try {
      const written = write(call);
      if (written.line !== null) {
        if (lane.makeRoom(written.line.length)) lane.push(written.line);
        else tally.drop('queue_full', 1);
      } else if (written.reason !== 'unsampled') tally.drop(written.reason, 1);
    } catch (error) {
      tally.drop('unfit', 1);
      fail('a record could not be written', error);
    }
  }

  #take(): EndedCall | undefined {
    const call = this.#calls[this.#next];
    if (!call) return undefined;
    // Not to be held by what was taken already, also where the list never comes to its end.
    this.#calls[this.#next++] = undefined;
    if (this.#next * 2 >= this.#calls.length) {
      this.#calls = this.#calls.slice(this.#next);
      this.#next = 0;
    }
    this.#bytes -= bytesOf(call);
    return call;
  }
}

const bytesOf = ({ begin, end }: EndedCall): number => begin.bytes + end.bytes;
