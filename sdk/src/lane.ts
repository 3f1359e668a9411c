import { FAILURES_TO_OPEN, retryDelayMs } from './backoff.ts';
import { type Batch, packed } from './batch.ts';
import { within } from './deadline.ts';
import type { Poster } from './http-post.ts';
import type { Later } from './later.ts';
import { createLineQueue, type Line } from './line-queue.ts';
import type { Problems } from './problems.ts';
import type { Limits } from './settings.ts';
import type { Spill } from './spill.ts';
import type { Tally } from './tally.ts';
import { type Verdict, verdictOf } from './verdict.ts';

export interface LaneOptions {
  /** Where its lines go. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly poster: Poster;
  readonly problems: Problems;
  readonly tally: Tally;
  readonly spill: Spill | null;
  readonly later: Later;
}

/** Records tried while the circuit is open: whether the collector is back can be seen from few. */
const PROBE_RECORDS = 10;

/** Lines of one kind on their way to the service: a bounded queue, and one request at a time. Keeps no process alive. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #queue = createLineQueue();
  #nextPlace = 0;
  #inFlight: readonly Line[] = [];
  #inFlightBytes = 0;
  #failures = 0;
  #notBeforeMs = 0;
  #askedNotBeforeMs = 0;
  #recordsMax: number;
  #timer: NodeJS.Timeout | null = null;
  #timerAtMs = 0;
  #sending: Promise<void> | null = null;
  #isSpilling = false;
  #isStopped = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#recordsMax = options.limits.batchRecordsMax;
  }

  /** Begins with what an earlier process left, if anything. */
  start(): void {
    if (this.#options.spill) this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  get count(): number {
    return this.#queue.count + this.#inFlight.length;
  }

  get bytes(): number {
    return this.#queue.bytes + this.#inFlightBytes;
  }

  push(text: string): void {
    this.#queue.push({ text, bytes: Buffer.byteLength(text) + 1, place: this.#nextPlace++ });
    this.#wake();
  }

  /** Makes room for a line of so many bytes, by dropping the oldest; false if there is none to be made. */
  makeRoom(bytes: number): boolean {
    const { queueRecordsMax, queueBytesMax } = this.#options.limits;
    this.#spillOver();
    while (this.count >= queueRecordsMax || this.bytes + bytes > queueBytesMax) {
      if (!this.#queue.dropOldest()) return false;
      this.#options.tally.drop('queue_full', 1);
    }
    return true;
  }

  /**
   * Tries at once, then as often as it takes, and keeps the process alive meanwhile. True when all that was pushed before
   * is delivered, given up or spilled; false at the deadline, in ms of `performance.now()`.
   */
  async flush(deadlineMs: number): Promise<boolean> {
    const upTo = this.#nextPlace;
    // At once, unless the collector itself asked for patience.
    this.#notBeforeMs = Math.min(this.#notBeforeMs, this.#askedNotBeforeMs);
    while (this.#firstPlace() < upTo) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return false;
      const waitMs = this.#sending !== null ? 0 : this.#notBeforeMs - performance.now();
      if (waitMs > 0) await within(Math.min(waitMs, leftMs));
      else await within(leftMs, this.#turn());
    }
    return true;
  }

  /** All that is not known to have arrived, for a file; it is then gone from here. */
  drain(): string[] {
    const queued = this.#queue.take({ recordsMax: this.#queue.count, bytesMax: Number.POSITIVE_INFINITY });
    const lines = [...this.#inFlight, ...queued];
    this.#clearFlight();
    return lines.map(({ text }) => text);
  }

  #firstPlace(): number {
    return Math.min(this.#queue.firstPlace, this.#inFlight[0]?.place ?? Number.POSITIVE_INFINITY);
  }

  #wake(): void {
    if (this.#isStopped || this.#sending !== null) return;
    const { batchBytesMax, flushIntervalMs } = this.#options.limits;
    const isFull = this.#queue.count >= this.#recordsMax || this.#queue.bytes >= batchBytesMax;
    const now = performance.now();
    const atMs = Math.max(this.#notBeforeMs, isFull ? now : now + flushIntervalMs);
    if (this.#timer && this.#timerAtMs <= atMs) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    this.#timer = this.#options.later.timeout(() => void this.#turn(), Math.max(0, atMs - now));
  }

  /** Sends one batch if none is being sent. Never rejects. */
  #turn(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#sending ??= this.#options.later
      .outside(() => this.#sendNext())
      .catch((error: unknown) => {
        this.#options.problems.tell('internal', 'a batch could not be sent', error);
        this.#failed(null);
        return true;
      })
      .then((hasMore) => {
        this.#sending = null;
        if (hasMore) this.#wake();
      })
      .catch(() => {
        // The next push tries again.
      });
    return this.#sending;
  }

  /** @returns whether there may be more to send */
  async #sendNext(): Promise<boolean> {
    const batch = this.#nextOfQueue() ?? (await this.#nextOfSpill());
    if (!batch) return false;
    let verdict: Verdict = { kind: 'again', retryAfterMs: null };
    try {
      if (batch.lines.length > 0) verdict = await this.#send(batch);
      else verdict = { kind: 'arrived', rejectedCount: 0, firstRejection: '' };
    } finally {
      this.#heed(verdict, batch.lines.length);
      if (verdict.kind === 'again') await batch.keep();
      else if (verdict.kind === 'smaller') await batch.halve();
      else await batch.settle();
      this.#clearFlight();
    }
    return true;
  }

  #nextOfQueue(): Batch | null {
    const isOpen = this.#failures >= FAILURES_TO_OPEN;
    const lines = this.#queue.take({
      recordsMax: isOpen ? Math.min(PROBE_RECORDS, this.#recordsMax) : this.#recordsMax,
      bytesMax: this.#options.limits.batchBytesMax,
    });
    if (lines.length === 0) return null;
    this.#inFlight = lines;
    this.#inFlightBytes = lines.reduce((sum, { bytes }) => sum + bytes, 0);
    const giveBack = async (): Promise<void> => {
      // Drained meanwhile, they are in a file.
      if (this.#inFlight === lines) this.#queue.giveBack(lines);
    };
    return { lines, settle: async () => {}, keep: giveBack, halve: giveBack };
  }

  async #nextOfSpill(): Promise<Batch | null> {
    const { spill } = this.#options;
    const file = this.#isStopped ? null : await spill?.claim();
    if (!file) return null;
    const { settle, keep } = file;
    const half = Math.ceil(file.lines.length / 2);
    const halve = async (): Promise<void> => {
      await spill?.write(file.lines.slice(0, half));
      await spill?.write(file.lines.slice(half));
      await settle();
    };
    // Places are for what `flush` waits for, and it does not wait for these.
    return { lines: file.lines.map((text) => ({ text, bytes: 0, place: 0 })), settle, keep, halve };
  }

  async #send(batch: Batch): Promise<Verdict> {
    const { url, headers, poster, problems, tally } = this.#options;
    const dropped = tally.unreported();
    const { body, headers: about } = await packed(batch.lines);
    try {
      const answer = await poster.post({ url, body, headers: { ...headers, ...about, ...dropped.headers } });
      const verdict = verdictOf(answer, { count: batch.lines.length, nowMs: Date.now() });
      const said = `${url.origin} answered ${answer.status}`;
      if (verdict.kind === 'arrived') dropped.confirm();
      else if (verdict.kind === 'again') problems.tell('unreachable', `${said}; records wait`);
      else if (verdict.kind === 'refused')
        problems.tell('refused', `${said}: ${answer.text.slice(0, 300)}; its records are dropped`);
      return verdict;
    } catch (error) {
      problems.tell('unreachable', `${url.origin} cannot be reached; records wait`, error);
      return { kind: 'again', retryAfterMs: null };
    }
  }

  #heed(verdict: Verdict, count: number): void {
    const { tally, problems, limits } = this.#options;
    if (verdict.kind === 'again') {
      this.#failed(verdict.retryAfterMs);
      return;
    }
    this.#failures = 0;
    this.#notBeforeMs = 0;
    this.#askedNotBeforeMs = 0;
    if (verdict.kind === 'smaller') {
      this.#recordsMax = Math.max(1, Math.ceil(count / 2));
    } else if (verdict.kind === 'refused') {
      tally.drop(verdict.reason, count);
    } else {
      this.#recordsMax = Math.min(limits.batchRecordsMax, this.#recordsMax * 2);
      const { rejectedCount, firstRejection } = verdict;
      tally.sent(count - rejectedCount);
      tally.reject(rejectedCount);
      if (rejectedCount > 0) {
        problems.tell('rejected', `${rejectedCount} of ${count} records were not right: ${firstRejection}`);
      }
    }
  }

  #failed(retryAfterMs: number | null): void {
    this.#failures++;
    const now = performance.now();
    this.#notBeforeMs = now + retryDelayMs(this.#failures, Math.random(), retryAfterMs);
    this.#askedNotBeforeMs = retryAfterMs === null ? 0 : this.#notBeforeMs;
  }

  /** While the collector is away, the oldest of a queue that fills up goes to the disk. */
  #spillOver(): void {
    const { spill, limits } = this.#options;
    const isFilling = this.bytes > limits.queueBytesMax / 2 || this.count > limits.queueRecordsMax / 2;
    if (!spill || !isFilling || this.#failures === 0 || this.#isSpilling) return;
    const lines = this.#queue.take({
      recordsMax: limits.batchRecordsMax,
      bytesMax: limits.batchBytesMax,
    });
    this.#isSpilling = true;
    void this.#options.later
      .outside(() => spill.write(lines.map(({ text }) => text)))
      .catch(() => false)
      .then((isKept) => {
        this.#isSpilling = false;
        if (!isKept) this.#queue.giveBack(lines);
      })
      .catch((error: unknown) => this.#options.problems.tell('internal', 'records were not spilled', error));
  }

  #clearFlight(): void {
    this.#inFlight = [];
    this.#inFlightBytes = 0;
  }
}
