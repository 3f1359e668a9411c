import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AppError } from '../core/errors.ts';
import { workerPath } from '../core/package-root.ts';
import { type CheckJob, type CheckResult, toCheckResult } from './check-block.ts';
import type { CheckTask, WorkerAnswer, WorkerJob, WorkerSetup } from './check-worker.ts';
import type { CheckedOtlp, OtlpTask } from './otlp/check-otlp.ts';
import type { ProjectRule } from './project-rule.ts';

export interface CheckPoolOptions extends WorkerSetup {
  /** Threads; 0 for one per core. */
  readonly workers: number;
  /** Bytes of bodies that wait for a thread; above it they are asked to come back. */
  readonly queueBytesMax: number;
  /** Script of the threads; only a test has another one. */
  readonly script?: string;
}

/**
 * Threads that check bodies and compute signals. Even a small body goes there: what language detection holds in memory
 * would make every garbage collection of the main thread a long one.
 */
export interface CheckPool {
  /** Resolves when every thread is up. */
  start(): Promise<void>;
  /** Waits for what is being checked, then ends the threads. */
  stop(): Promise<void>;
  /**
   * Checks a body. Its memory may move to another thread: do not use it afterwards.
   *
   * @throws AppError `overloaded` when too much waits, `too_large` for too many records, `upstream_unavailable` when
   *   the thread broke down or the pool is stopped
   */
  check(body: Uint8Array, job: CheckJob): Promise<CheckResult>;
  /**
   * The same of an OpenTelemetry export: its records and scores, checked, and its pieces of content.
   *
   * @throws AppError as `check`, and `invalid_input` when it cannot be decoded
   */
  checkOtlp(body: Uint8Array, job: OtlpTask & { now: Date }): Promise<CheckedOtlp<CheckResult>>;
  stats(): CheckPoolStats;
}

export interface CheckPoolStats {
  readonly threads: number;
  readonly busyThreads: number;
  readonly queuedBodies: number;
  readonly queuedBytes: number;
  /** Threads that broke down since the start, and were replaced. */
  readonly crashes: number;
}

type Done = Extract<WorkerAnswer, { readonly checked: unknown }>;

interface Job extends WorkerJob {
  readonly resolve: (answer: Done) => void;
  readonly reject: (error: unknown) => void;
}

interface PoolTask {
  readonly task: CheckTask;
  readonly now: Date;
  readonly project?: ProjectRule | undefined;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
  isReady: boolean;
}

/** Threads that end before they are ready are not started again for ever: something is wrong with all of them. */
const FAILED_STARTS_MAX = 5;
const RETRY_AFTER_MS = 1000;
/** A record needs a few times its size; this is for a thread that runs away, so that it does not take the process along. */
const THREAD_HEAP_MB_MAX = 1024;

/** Makes the pool; nothing runs until `start`. */
export function createCheckPool(options: CheckPoolOptions): CheckPool {
  return new Pool(options);
}

class Pool implements CheckPool {
  readonly #options: CheckPoolOptions;
  readonly #queue: Job[] = [];
  readonly #threads = new Set<Thread>();
  #queuedBytes = 0;
  #crashes = 0;
  #failedStarts = 0;
  #lastCrash: unknown = null;
  #state: 'idle' | 'running' | 'stopped' = 'idle';
  #onChange: () => void = () => {};

  constructor(options: CheckPoolOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#state = 'running';
    const count = this.#options.workers === 0 ? availableParallelism() : this.#options.workers;
    for (let index = 0; index < count; index++) this.#addThread();
    await this.#until(() => this.#isBroken || [...this.#threads].every(({ isReady }) => isReady));
    if (this.#isBroken) throw this.#brokenError();
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    await this.#until(() => this.#queue.length === 0 && this.#busyThreads === 0);
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  }

  async check(body: Uint8Array, { kind, now, project }: CheckJob): Promise<CheckResult> {
    const done = await this.#run(body, { task: kind, now, project });
    if (done.kind !== 'done') throw new Error('records were answered as an export');
    return toCheckResult(done.checked);
  }

  async checkOtlp(
    body: Uint8Array,
    { now, ...task }: OtlpTask & { now: Date },
  ): Promise<CheckedOtlp<CheckResult>> {
    const done = await this.#run(body, { task, now });
    if (done.kind !== 'otlp') throw new Error('an export was answered as records');
    const { inferences, scores, contents, ...rest } = done.checked;
    return {
      ...rest,
      inferences: toCheckResult(inferences),
      scores: toCheckResult(scores),
      contents: toCheckResult(contents),
    };
  }

  async #run(body: Uint8Array, { task, now, project }: PoolTask): Promise<Done> {
    if (this.#state !== 'running')
      throw new AppError('upstream_unavailable', 'the service is not taking records');
    if (this.#isBroken) throw this.#brokenError();
    if (this.#queue.length > 0 && this.#queuedBytes + body.length > this.#options.queueBytesMax) {
      throw new AppError('overloaded', 'too many records wait to be checked', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ body, task, nowMs: now.getTime(), project, resolve, reject });
      this.#queuedBytes += body.length;
      this.#dispatch();
    });
  }

  stats(): CheckPoolStats {
    return {
      threads: this.#threads.size,
      busyThreads: this.#busyThreads,
      queuedBodies: this.#queue.length,
      queuedBytes: this.#queuedBytes,
      crashes: this.#crashes,
    };
  }

  get #busyThreads(): number {
    return [...this.#threads].filter(({ job }) => job !== null).length;
  }

  get #isBroken(): boolean {
    return this.#failedStarts >= FAILED_STARTS_MAX;
  }

  #brokenError(): AppError {
    return new AppError('upstream_unavailable', 'the threads that check records do not start', {
      cause: this.#lastCrash,
    });
  }

  #addThread(): void {
    const { options, signals, script = workerPath(import.meta.url, 'check-worker') } = this.#options;
    const worker = new Worker(script, {
      workerData: { options, signals } satisfies WorkerSetup,
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB_MAX },
    });
    const thread: Thread = { worker, job: null, isReady: false };
    this.#threads.add(thread);
    worker.on('message', (answer: WorkerAnswer) => this.#onAnswer(thread, answer));
    worker.on('error', (error) => {
      this.#lastCrash = error;
    });
    worker.on('exit', () => this.#onExit(thread));
  }

  #onAnswer(thread: Thread, answer: WorkerAnswer): void {
    const { job } = thread;
    thread.job = null;
    if (answer.kind === 'ready') {
      thread.isReady = true;
      this.#failedStarts = 0;
    } else if (answer.kind !== 'refused') job?.resolve(answer);
    else job?.reject(new AppError(answer.error.code, answer.error.message, { ...answer.error.context }));
    this.#dispatch();
    this.#onChange();
  }

  /** A thread that was not told to end has broken down: its body is given back, and another takes its place. */
  #onExit(thread: Thread): void {
    if (!this.#threads.delete(thread)) return;
    this.#crashes++;
    if (!thread.isReady) this.#failedStarts++;
    thread.job?.reject(
      new AppError('upstream_unavailable', 'the thread that checked these records broke down', {
        cause: this.#lastCrash,
        retryAfterMs: RETRY_AFTER_MS,
      }),
    );
    if (!this.#isBroken) this.#addThread();
    else if (this.#threads.size === 0) this.#rejectAll();
    this.#onChange();
  }

  #rejectAll(): void {
    for (const job of this.#queue.splice(0)) job.reject(this.#brokenError());
    this.#queuedBytes = 0;
  }

  #dispatch(): void {
    for (const thread of this.#threads) {
      if (thread.job !== null || !thread.isReady) continue;
      const job = this.#queue.shift();
      if (!job) return;
      this.#queuedBytes -= job.body.length;
      thread.job = job;
      const body = transferable(job.body);
      const { task, nowMs, project } = job;
      thread.worker.postMessage({ body, task, nowMs, project } satisfies WorkerJob, [body.buffer]);
    }
  }

  async #until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }
}

/** The body in memory of its own: a piece of Node's shared pool cannot change threads. */
function transferable(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = body.byteOffset === 0 && body.byteLength === body.buffer.byteLength;
  return isWhole && body.buffer instanceof ArrayBuffer
    ? (body as Uint8Array<ArrayBuffer>)
    : new Uint8Array(body);
}
