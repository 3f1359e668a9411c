import { currentContext } from './call-context.ts';
import { type ObserveOptions, observe } from './clients/observe.ts';
import { within } from './deadline.ts';
import { type Draft, draftOf, EMPTY_DRAFT } from './draft.ts';
import { EMPTY_STATS } from './inert-plumbline.ts';
import type { InferenceRecord } from './inference-record.ts';
import { createLater, type Later } from './later.ts';
import { type CallDescription, observeCall } from './observe-call.ts';
import { OpenCalls } from './open-calls.ts';
import { openSending, type Sending } from './open-sending.ts';
import type { Plumbline, RecordingStats } from './plumbline.ts';
import { createProblems, type Problems } from './problems.ts';
import { enlist, resign } from './process-end.ts';
import { newRecordId } from './record-id.ts';
import { type CallOwner, type EndedCall, INERT_CALL, RecordedCall } from './recorded-call.ts';
import type { OpenCall } from './recorder.ts';
import { type ScoreDetails, scoreLines } from './score-line.ts';
import { type PlumblineOptions, type Settings, settingsOf } from './settings.ts';

const FLUSH_MS = 5_000;

/** The one implementation: calls that are open, and the way of what is over to the service. */
export class LiveRecorder implements Plumbline, CallOwner {
  readonly #problems: Problems;
  readonly #settings: Settings;
  readonly #sending: Sending | null;
  readonly #openCalls: OpenCalls;
  readonly #ids = new WeakMap<object, string>();
  #isOver = false;
  #ending: Promise<boolean> | null = null;
  #isHostKeptAwake = false;

  constructor(options: PlumblineOptions) {
    this.#problems = createProblems(options.onProblem);
    const { settings, faults } = settingsOf(options);
    this.#settings = settings;
    for (const fault of faults) this.#problems.tell('settings', fault);
    const later = createLater((what, error) => this.fail(what, error));
    this.#openCalls = new OpenCalls({ limits: settings.limits, later });
    this.#sending = this.#begin(later);
  }

  get isRecording(): boolean {
    return this.#sending !== null && !this.#isOver;
  }

  begin(describe: () => Partial<InferenceRecord>): OpenCall {
    try {
      if (!this.isRecording) return INERT_CALL;
      const beganAtMs = Date.now();
      const call = new RecordedCall(this, {
        id: newRecordId(beganAtMs),
        beganAtMs,
        begin: this.describe(describe),
        context: this.#contextNow(),
      });
      this.#openCalls.add(call);
      return call;
    } catch (error) {
      this.fail('a call could not be noted', error);
      return INERT_CALL;
    }
  }

  link(result: unknown, call: OpenCall): void {
    try {
      if (typeof result === 'object' && result !== null && call.id !== '') this.#ids.set(result, call.id);
    } catch (error) {
      this.fail('an answer could not be linked to its record', error);
    }
  }

  idOf(result: unknown): string | undefined {
    try {
      return typeof result === 'object' && result !== null ? this.#ids.get(result) : undefined;
    } catch (error) {
      this.fail('the record of an answer could not be looked up', error);
      return undefined;
    }
  }

  observe<T>(client: T, options?: ObserveOptions): T {
    try {
      return this.#sending ? observe(client, this, options) : client;
    } catch (error) {
      this.fail('a client could not be observed', error);
      return client;
    }
  }

  observeCall<T>(fn: (call: Pick<OpenCall, 'id' | 'firstToken'>) => T, describe: CallDescription<T>): T {
    return observeCall(this, fn, describe);
  }

  track(record: Partial<InferenceRecord> & Pick<InferenceRecord, 'model'>): string {
    try {
      if (!this.isRecording) return '';
      const begin = this.describe(() => record);
      const own = begin.fields['id'];
      const beganAtMs = Date.now();
      const id = typeof own === 'string' && own !== '' ? own : newRecordId(beganAtMs);
      const context = this.#contextNow();
      this.#take({
        id,
        beganAtMs,
        context,
        begin,
        end: EMPTY_DRAFT,
        latencyMs: null,
        firstTokenMs: null,
      });
      return id;
    } catch (error) {
      this.fail('a record could not be taken', error);
      return '';
    }
  }

  score(id: string, scores: Readonly<Record<string, number | boolean>>, details: ScoreDetails = {}): void {
    try {
      if (!this.#sending || this.#isOver || id === '') return;
      const { project } = this.#settings;
      const nowMs = Date.now();
      for (const line of scoreLines(id, scores, { ...details, project, nowMs })) this.#sending.score(line);
      this.#keepHostAwake();
    } catch (error) {
      this.fail('a score could not be taken', error);
    }
  }

  stats(): RecordingStats {
    try {
      return {
        ...EMPTY_STATS,
        ...this.#sending?.stats(),
        openCalls: this.#openCalls.count,
        problems: { ...this.#problems.counts },
      };
    } catch (error) {
      this.fail('the figures could not be put together', error);
      return EMPTY_STATS;
    }
  }

  async flush(timeoutMs = FLUSH_MS): Promise<boolean> {
    try {
      return (await this.#sending?.flush(performance.now() + timeoutMs)) ?? true;
    } catch (error) {
      this.fail('what is queued could not be flushed', error);
      return false;
    }
  }

  shutdown(timeoutMs = FLUSH_MS): Promise<boolean> {
    try {
      this.#ending ??= this.#end(timeoutMs);
      return this.#ending;
    } catch {
      return Promise.resolve(false);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** A copy of what the host's objects say; nothing where reading them throws. */
  describe(describe: () => Partial<InferenceRecord>): Draft {
    try {
      return draftOf(describe());
    } catch (error) {
      this.fail('a call could not be described', error);
      return EMPTY_DRAFT;
    }
  }

  finish(call: RecordedCall, ended: EndedCall): void {
    this.#openCalls.remove(call);
    this.#take(ended);
  }

  fail(what: string, error: unknown): void {
    this.#problems.tell('internal', what, error);
  }

  /** The host has nothing left to do: what is open now will never end. */
  async endOfProcess(): Promise<boolean> {
    try {
      this.#openCalls.abandonBefore(Number.POSITIVE_INFINITY);
      return await this.flush(this.#settings.limits.exitFlushMsMax);
    } catch (error) {
      this.fail('what is queued could not be sent at the end', error);
      return false;
    }
  }

  /** The process ends now, and waits for nothing. */
  spillNow(): void {
    try {
      this.#openCalls.abandonBefore(Number.POSITIVE_INFINITY);
      this.#sending?.spillNow();
    } catch (error) {
      this.fail('what is queued could not be spilled', error);
    }
  }

  #begin(later: Later): Sending | null {
    try {
      const { url } = this.#settings;
      if (!url) return null;
      const sending = openSending({ settings: this.#settings, url, problems: this.#problems, later });
      enlist(this, { onSigterm: this.#settings.flushOnSigterm === true });
      return sending;
    } catch (error) {
      this.fail('recording could not begin', error);
      return null;
    }
  }

  #take(ended: EndedCall): void {
    this.#sending?.take(ended);
    this.#keepHostAwake();
  }

  /** Called in the host's own piece of work, since some hosts tell by it which request is to be kept alive. */
  #keepHostAwake(): void {
    const { waitUntil } = this.#settings;
    if (!waitUntil || this.#isHostKeptAwake) return;
    this.#isHostKeptAwake = true;
    waitUntil(this.#flushAll());
  }

  /** Also what comes while it is at it. */
  async #flushAll(): Promise<void> {
    let isSent = true;
    while (isSent && this.stats().queued > 0) isSent = await this.flush();
    this.#isHostKeptAwake = false;
  }

  #contextNow(): EndedCall['context'] {
    try {
      return currentContext();
    } catch (error) {
      this.fail('the context of a call could not be read', error);
      return undefined;
    }
  }

  async #end(timeoutMs: number): Promise<boolean> {
    try {
      this.#openCalls.abandonBefore(Number.POSITIVE_INFINITY);
      this.#openCalls.stop();
      this.#isOver = true;
      const isSent = await this.flush(timeoutMs);
      resign(this);
      // A last write to the disk may take a moment, and no more than that.
      await within(FLUSH_MS, this.#sending?.close());
      return isSent;
    } catch (error) {
      this.fail('the end was not orderly', error);
      return false;
    }
  }
}
