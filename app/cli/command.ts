import type { Config } from '../../core/config.ts';
import type { Terminal } from './render/terminal.ts';

/** What a command is given of the world around it. */
export interface World {
  /** Settings from the environment; throws AppError when they cannot be used. */
  config(overrides?: Readonly<Record<string, string | undefined>>): Config;
  /** The environment itself, for `${NAME}` in a file of rules. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output: results only. */
  print(text: string): void;
  /** Standard error: everything else. */
  tell(text: string): void;
  readonly out: Terminal;
  readonly err: Terminal;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadableStream & AsyncIterable<string | Buffer>;
  /** Aborted when the person, or the system, asks the process to end. */
  readonly interrupted: AbortSignal;
}

/** Exit codes; also in `plumbline --help`. */
export const EXIT = { ok: 0, failed: 1, usage: 2, found: 3, notEnough: 4, interrupted: 130 } as const;
