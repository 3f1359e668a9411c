import { type Logger, pino } from 'pino';

export type { Logger };

/** Levels an operator can choose, most silent first. */
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug';

/**
 * JSON lines on standard error: standard output belongs to what a command prints.
 * Fixed message, facts as fields, ids not contents: prompt and response text never reach a log.
 */
export function createLogger(level: LogLevel): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
