import { AppError } from '../core/errors.ts';
import { type CheckedBlock, mergeBlocks } from './block.ts';
import { insertOrIsolate, isRefusal, type RefusedRow } from './isolate.ts';

export interface WriterOptions {
  /** Stores a block, all of it or nothing. AppError `invalid_input`: a row is at fault; anything else: try later. */
  readonly insertBlock: (block: CheckedBlock) => Promise<void>;
  /** An insert begins when this much waits, */
  readonly commitRowsMax: number;
  readonly commitBytesMax: number;
  /** or when the first row has waited this long. */
  readonly commitWaitMs: number;
  /** Rows and bytes that wait or are being stored; above it they are asked to come back. */
  readonly queueRowsMax: number;
  readonly queueBytesMax: number;
  /** Inserts at a time: the next one is prepared while one is stored. */
  readonly insertsMax: number;
}

export interface Writer {
  start(): void;
  /** Stores what waits; nothing new is taken. */
  stop(): Promise<void>;
  /**
   * Resolves when the block is stored, less the rows it gives back. Blocks that come together share an insert.
   *
   * @throws AppError `overloaded` (with `retryAfterMs`) above the bounds, or what the insert failed with
   */
  submit(block: CheckedBlock): Promise<readonly RefusedRow[]>;
  stats(): WriterStats;
}

export interface WriterStats {
  /** Waiting or being stored. */
  readonly queuedRows: number;
  readonly queuedBytes: number;
  readonly insertsInFlight: number;
  readonly insertedRows: number;
  readonly inserts: number;
  readonly failedInserts: number;
  readonly lastInsertMs: number;
  /** When an insert last succeeded, or the queue was last empty: an old one with rows waiting means a stall. */
  readonly lastProgressAt: Date;
}

interface Waiting {
  readonly block: CheckedBlock;
  readonly sinceMs: number;
  readonly resolve: (refused: readonly RefusedRow[]) => void;
  readonly reject: (error: unknown) => void;
}

const RETRY_AFTER_MS_MIN = 1000;

/** Group commit: many small blocks become few large inserts, and each is answered when its insert is done. */
export function createWriter(options: WriterOptions): Writer {
  return new GroupWriter(options);
}

class GroupWriter implements Writer {
  readonly #options: WriterOptions;
  readonly #waiting: Waiting[] = [];
  #waitingRows = 0;
  #waitingBytes = 0;
  #storingRows = 0;
  #storingBytes = 0;
  #inFlight = 0;
  #timer: NodeJS.Timeout | null = null;
  #state: 'idle' | 'running' | 'stopping' = 'idle';
  #onIdle: () => void = () => {};
  #totals = { insertedRows: 0, inserts: 0, failedInserts: 0, lastInsertMs: 0, lastProgressAt: new Date() };

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#state = 'running';
  }

  async stop(): Promise<void> {
    this.#state = 'stopping';
    this.#beginDue();
    while (this.#waiting.length > 0 || this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
  }

  async submit(block: CheckedBlock): Promise<readonly RefusedRow[]> {
    if (this.#state !== 'running')
      throw new AppError('upstream_unavailable', 'the service is not taking records');
    if (block.rows === 0) return [];
    this.#checkRoom(block);
    if (this.#queuedRows === 0) this.#totals.lastProgressAt = new Date();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ block, sinceMs: performance.now(), resolve, reject });
      this.#waitingRows += block.rows;
      this.#waitingBytes += block.lines.length;
      this.#beginDue();
    });
  }

  stats(): WriterStats {
    return {
      ...this.#totals,
      queuedRows: this.#queuedRows,
      queuedBytes: this.#queuedBytes,
      insertsInFlight: this.#inFlight,
    };
  }

  get #queuedRows(): number {
    return this.#waitingRows + this.#storingRows;
  }

  get #queuedBytes(): number {
    return this.#waitingBytes + this.#storingBytes;
  }

  /** A block that alone is above the bounds is taken when nothing else is there: it could never come in otherwise. */
  #checkRoom(block: CheckedBlock): void {
    const { queueRowsMax, queueBytesMax } = this.#options;
    const isFull =
      this.#queuedRows + block.rows > queueRowsMax || this.#queuedBytes + block.lines.length > queueBytesMax;
    if (!isFull || this.#queuedRows === 0) return;
    throw new AppError('overloaded', 'too many records wait to be stored', {
      retryAfterMs: Math.max(RETRY_AFTER_MS_MIN, 2 * this.#totals.lastInsertMs),
      queuedRows: this.#queuedRows,
      queuedBytes: this.#queuedBytes,
    });
  }

  /** Begins every insert that is due and has a place; of what is not due yet the timer is set. */
  #beginDue(): void {
    while (this.#inFlight < this.#options.insertsMax && this.#isDue()) void this.#insert(this.#takeGroup());
    const first = this.#waiting[0];
    if (!first || this.#timer || this.#inFlight >= this.#options.insertsMax) return;
    const waitMs = Math.max(0, this.#options.commitWaitMs - (performance.now() - first.sinceMs));
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#beginDue();
    }, Math.ceil(waitMs));
  }

  #isDue(): boolean {
    const [first] = this.#waiting;
    if (!first) return false;
    const { commitRowsMax, commitBytesMax, commitWaitMs } = this.#options;
    return (
      this.#state === 'stopping' ||
      this.#waitingRows >= commitRowsMax ||
      this.#waitingBytes >= commitBytesMax ||
      performance.now() - first.sinceMs >= commitWaitMs
    );
  }

  /** The longest waiting, up to the size of an insert; at least one. */
  #takeGroup(): Waiting[] {
    const { commitRowsMax, commitBytesMax } = this.#options;
    let [count, rows, bytes] = [0, 0, 0];
    for (const { block } of this.#waiting) {
      if (count > 0 && (rows + block.rows > commitRowsMax || bytes + block.lines.length > commitBytesMax))
        break;
      count++;
      rows += block.rows;
      bytes += block.lines.length;
    }
    this.#waitingRows -= rows;
    this.#waitingBytes -= bytes;
    this.#storingRows += rows;
    this.#storingBytes += bytes;
    this.#inFlight++;
    return this.#waiting.splice(0, count);
  }

  async #insert(group: readonly Waiting[]): Promise<void> {
    const block = mergeBlocks(group.map((waiting) => waiting.block));
    try {
      await this.#store(block, group);
    } finally {
      this.#storingRows -= block.rows;
      this.#storingBytes -= block.lines.length;
      this.#inFlight--;
      this.#beginDue();
      this.#onIdle();
    }
  }

  async #store(block: CheckedBlock, group: readonly Waiting[]): Promise<void> {
    try {
      await this.#timed(() => this.#options.insertBlock(block));
      this.#totals.insertedRows += block.rows;
      for (const { resolve } of group) resolve([]);
    } catch (error) {
      if (isRefusal(error)) for (const waiting of group) await this.#storeAlone(waiting);
      else for (const { reject } of group) reject(error);
    }
  }

  /** Somebody's row is at fault: from here on nobody shares an insert. */
  async #storeAlone({ block, resolve, reject }: Waiting): Promise<void> {
    try {
      const refused = await insertOrIsolate(block, (part) =>
        this.#timed(() => this.#options.insertBlock(part)),
      );
      this.#totals.insertedRows += block.rows - refused.length;
      resolve(refused);
    } catch (error) {
      reject(error);
    }
  }

  async #timed(insert: () => Promise<void>): Promise<void> {
    const startMs = performance.now();
    try {
      await insert();
      this.#totals.inserts++;
      this.#totals.lastProgressAt = new Date();
    } catch (error) {
      this.#totals.failedInserts++;
      throw error;
    } finally {
      this.#totals.lastInsertMs = performance.now() - startMs;
    }
  }
}
