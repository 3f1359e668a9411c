/** Why an operation failed, in the terms a caller acts on. One code, one HTTP status, one retry policy. */
export type ErrorCode =
  | 'invalid_input'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'too_large'
  | 'overloaded'
  | 'upstream_unavailable'
  | 'unsupported';

/** A failure we expected and named. Anything else that is thrown is a bug, and crashes the process. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  /** Facts for the log line; never prompt or completion text. */
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    { cause, ...context }: { cause?: unknown } & Record<string, unknown> = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.context = context;
  }

  /** Only a dependency that may come back, or a queue that may drain, is worth trying again. */
  get retriable(): boolean {
    return this.code === 'upstream_unavailable' || this.code === 'overloaded';
  }
}
