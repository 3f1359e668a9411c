import type { InferenceRecord } from '../inference-record.ts';

/** What one kind of call says of itself. Everything here reads objects of the host's or the vendor's: it may throw. */
export interface CallReader {
  /** What was asked, copied: the host may change it afterwards. */
  request(body: unknown): Partial<InferenceRecord>;
  /** What was answered, as a whole; `asked` is the model in the request. */
  response(answer: unknown, asked: string | undefined): Partial<InferenceRecord>;
  /** A reader for the events of one stream; undefined where there are no streams. */
  stream?(): StreamReader;
}

/** Gathers the events of a stream. Keeps what the record needs, never the events. */
export interface StreamReader {
  read(event: unknown): void;
  /** Content has come: a text, a refusal or a tool call. */
  readonly hasContent: boolean;
  /** The model has said that it is done: whoever stops reading now has missed nothing. */
  readonly isComplete: boolean;
  /** An error that came as an event like any other; undefined if there was none. */
  readonly failure?: unknown;
  /** What was answered up to now. */
  record(asked: string | undefined): Partial<InferenceRecord>;
}

/** What answered, where it has another name than what was asked for: a vendor who moves an alias shows. */
export function versionOf(answered: unknown, asked: string | undefined): Partial<InferenceRecord> {
  if (typeof answered !== 'string' || answered === '') return {};
  if (asked === undefined || asked === '') return { model: answered };
  return answered === asked ? {} : { version: answered };
}

/** An answer that came whole and has neither a text nor a tool call is an empty text: that is worth knowing. */
export function saidInFull(answer: Partial<InferenceRecord>): Partial<InferenceRecord> {
  return answer.response === undefined && answer.tool_calls === undefined
    ? { ...answer, response: '' }
    : answer;
}
