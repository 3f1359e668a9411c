/** Checked inferences on their way into the store: lines of JSON, and what placing them needs to know. */
export interface InferenceBlock {
  /** One line per inference, each ended by a newline. */
  readonly lines: Uint8Array;
  /** Offset of the start of each line in `lines`. */
  readonly offsets: ArrayLike<number>;
  readonly ids: readonly string[];
  readonly projects: readonly string[];
  /** Milliseconds since 1970, of each. */
  readonly timestampsMs: ArrayLike<number>;
  /** The same lines written anew from the parsed records, for a store that stumbles over a spelling. */
  canonicalLines(): Uint8Array;
}
