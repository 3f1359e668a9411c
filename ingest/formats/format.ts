/** Which inferences a format is for: all that is given has to fit; a text that ends in `*` fits what begins so. */
export interface FormatMatch {
  readonly project?: string | undefined;
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly operation?: string | undefined;
  readonly prompt_name?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
}

/** What a response has to look like; exactly one of the three is there. Plain data: it crosses threads. */
export interface Format {
  readonly match: FormatMatch;
  /** JSON Schema, draft 2020-12. */
  readonly schema?: Readonly<Record<string, unknown>> | boolean | undefined;
  /** Regular expression for the whole response, without white space around it. */
  readonly pattern?: string | undefined;
  /** Responses that are allowed, without white space around them. */
  readonly one_of?: readonly string[] | undefined;
}
