import { Bytes, Count, Duration } from './config-values.ts';

/** Settings of keys. */
export const KEY_SETTINGS = {
  /** How often the keys are read again: a revocation takes effect everywhere within this time. */
  KEYS_REFRESH: Duration.refine((ms) => ms >= 100, 'expected at least 100ms').default(5_000),
  /** How often the uses of keys are written to the audit log: a process that is killed loses this much of it. */
  KEY_USES_FLUSH: Duration.refine((ms) => ms >= 100, 'expected at least 100ms').default(5_000),
  /** Of a key without a limit of its own: far above a client that sends in batches, below one in a wild loop. */
  KEY_REQUESTS_PER_SECOND: Count.default(1_000),
  /** Of a key without a limit of its own: one of the largest bodies a second. */
  KEY_BYTES_PER_SECOND: Bytes.refine((bytes) => bytes > 0, 'expected more than 0').default(64 * 2 ** 20),
  /** Who used which key when: a year, and some, since audits look back at a year. */
  RETENTION_KEY_USES_DAYS: Count.default(400),
} as const;
