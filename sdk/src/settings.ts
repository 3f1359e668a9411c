import type { InferenceRecord } from './inference-record.ts';
import type { Problem } from './problems.ts';

/** What is sent of the texts: all, only how long they are and a hash of each, or nothing. */
export type ContentMode = 'full' | 'hashed' | 'none';

export interface PlumblineOptions {
  /** Address of the service, such as `https://plumbline.example.com`. Empty: nothing is recorded. */
  readonly url?: string;
  /** A key that may write. */
  readonly apiKey?: string;
  readonly project?: string;
  /** Build of the host. */
  readonly release?: string;
  /** prod, staging … */
  readonly environment?: string;
  /** Share of the sessions (calls, without a session) that is sent, in [0, 1]. Calls that failed are always sent. */
  readonly sampleRate?: number;
  readonly content?: ContentMode;
  /**
   * Changes a record before it is queued; null leaves it out. It gets a copy. If it throws, or returns something else,
   * what was asked and answered is left out.
   */
  readonly mask?: (record: InferenceRecord) => InferenceRecord | null;
  /** Told the first problem of each kind; a warning on the console otherwise. */
  readonly onProblem?: (problem: Problem) => void;
  /** Keeps a serverless host alive until what was recorded is sent, as `waitUntil` of Vercel or Cloudflare does. */
  readonly waitUntil?: (sending: Promise<unknown>) => void;
  /** Where to keep records that could not be delivered; they are sent at the next start. Nowhere if absent. */
  readonly spillFolder?: string;
  /** Sends what is queued on SIGTERM. The host's own handling of the signal stays as it is. */
  readonly flushOnSigterm?: boolean;
  readonly limits?: Partial<Limits>;
}

/** Every bound, with the reason for its default in DEFAULT_LIMITS. */
export interface Limits {
  readonly queueRecordsMax: number;
  readonly queueBytesMax: number;
  readonly batchRecordsMax: number;
  readonly batchBytesMax: number;
  readonly flushIntervalMs: number;
  readonly recordBytesMax: number;
  readonly textCharactersMax: number;
  readonly openCallsMax: number;
  readonly openCallMsMax: number;
  readonly connectMsMax: number;
  readonly requestMsMax: number;
  readonly exitFlushMsMax: number;
  readonly spillBytesMax: number;
}

const MEBIBYTE = 2 ** 20;

/** @internal */
export const DEFAULT_LIMITS: Limits = {
  // Ten seconds at 1,000 calls a second: longer than a restart of the collector.
  queueRecordsMax: 10_000,
  // What a host can spare; about 4,000 calls of 4 kB.
  queueBytesMax: 16 * MEBIBYTE,
  // One request carries half a second at 1,000 calls a second.
  batchRecordsMax: 500,
  // Far below what any proxy takes, and compressed in a few milliseconds.
  batchBytesMax: MEBIBYTE,
  // What a crash can lose, against a request for each call.
  flushIntervalMs: 2_000,
  // The service takes 4 MiB; a record above this goes without its texts.
  recordBytesMax: MEBIBYTE,
  // Some 50,000 tokens; what is longer is cut, and its length kept.
  textCharactersMax: 200_000,
  // Calls that began and did not end: a stream that nobody reads never does.
  openCallsMax: 10_000,
  // Longer than the slowest answer of a reasoning model.
  openCallMsMax: 10 * 60_000,
  // The one wait that Node cannot leave behind at its end, so it is short.
  connectMsMax: 3_000,
  // A store that merges may take seconds to answer.
  requestMsMax: 10_000,
  // What a person waits for the end of a program without wondering.
  exitFlushMsMax: 2_000,
  // An hour of one call a second.
  spillBytesMax: 64 * MEBIBYTE,
};

/**
 * Options with their defaults; `url` is null where nothing is to be recorded.
 * @internal
 */
export interface Settings extends Omit<PlumblineOptions, 'url' | 'limits'> {
  readonly url: URL | null;
  readonly sampleRate: number;
  readonly content: ContentMode;
  readonly limits: Limits;
}

/**
 * Faults are told in words, and cost recording, never the host's start.
 * @internal
 */
export function settingsOf(options: PlumblineOptions): { settings: Settings; faults: readonly string[] } {
  const faults: string[] = [];
  const settings: Settings = {
    ...options,
    url: addressOf(options.url, faults),
    sampleRate: rateOf(options.sampleRate, faults),
    content: options.content ?? 'full',
    limits: limitsOf(options.limits, faults),
  };
  return { settings, faults };
}

function addressOf(url: string | undefined, faults: string[]): URL | null {
  if (url === '') return null;
  if (url === undefined) {
    faults.push(
      'there is no address (PLUMBLINE_URL): nothing is recorded; set to nothing, it says so without this',
    );
    return null;
  }
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:')) return parsed;
  faults.push('url: expected an address such as https://plumbline.example.com; nothing is recorded');
  return null;
}

function rateOf(rate: number | undefined, faults: string[]): number {
  if (rate === undefined || (rate >= 0 && rate <= 1)) return rate ?? 1;
  faults.push('sampleRate: expected a number in [0, 1]; every call is sent');
  return 1;
}

function limitsOf(limits: Partial<Limits> | undefined, faults: string[]): Limits {
  const checked: Record<string, number> = { ...DEFAULT_LIMITS };
  for (const [name, value] of Object.entries(limits ?? {})) {
    if (value === undefined) continue;
    if (Object.hasOwn(DEFAULT_LIMITS, name) && Number.isFinite(value) && value > 0) checked[name] = value;
    else faults.push(`limits.${name}: expected one of the limits, above 0; its default stays`);
  }
  return { ...DEFAULT_LIMITS, ...checked };
}
