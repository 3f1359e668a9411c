import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import { DEFAULT_POLICY, type RedactionPolicy, type RedactionSetup } from '../ingest/redact/policy.ts';
import { parsePolicy } from '../ingest/redact/policy-file.ts';

/** What holds the key of the hashes where no setting does. */
const KEY_FILE = 'redaction.key';
const KEY_BYTES = 32;

/** What becomes of records after the check: kept, only measured, or kept and redacted by another process before. */
export type Keep = 'stored' | 'passing' | 'redacted';

/**
 * What the settings say of redaction; null when it is off.
 *
 * @param keep whether what is redacted is stored: then a key that no setting gives is kept in DATA_DIR, else it is made up
 * @throws AppError `invalid_input` for a file that is not there or has faults
 */
export function redactionSetup(config: Config, keep: Keep): RedactionSetup | null {
  if (config.REDACT === 'off' || keep === 'redacted') return null;
  return { ...redactionPolicy(config), key: keyOf(config, keep) };
}

/** The policy of the settings. @throws AppError `invalid_input` for a file that is not there or has faults */
export function redactionPolicy({ REDACTION_FILE: file }: Config): RedactionPolicy {
  if (file === undefined) return DEFAULT_POLICY;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_input', `REDACTION_FILE: cannot read ${file}; does it exist?`, { cause });
  }
  return parsePolicy(text, file);
}

function keyOf({ REDACTION_SECRET, DATA_DIR, KAFKA_BROKERS }: Config, keep: Keep): string {
  if (REDACTION_SECRET !== undefined) return REDACTION_SECRET.reveal();
  const made = randomBytes(KEY_BYTES).toString('hex');
  if (keep === 'passing') return made;
  if (KAFKA_BROKERS !== undefined) throw noSharedKey();
  mkdirSync(DATA_DIR, { recursive: true });
  const path = join(DATA_DIR, KEY_FILE);
  // Of two processes that start at once, the first one's key counts.
  if (!existsSync(path)) writeKey(path, made);
  return readFileSync(path, 'utf8').trim();
}

/** With two keys, a record without an id that is sent again to another process would be another record. */
const noSharedKey = (): AppError =>
  new AppError(
    'invalid_input',
    'REDACTION_SECRET: expected a secret that every ingest process has, since KAFKA_BROKERS is set. Make one with: openssl rand -hex 32. Or set REDACT=off.',
  );

/** Whether `serve` will have its key. @throws AppError `invalid_input` that says what to set */
export function checkRedactionKey({ REDACT, REDACTION_SECRET, KAFKA_BROKERS, ROLES }: Config): void {
  const isNeeded = REDACT === 'on' && KAFKA_BROKERS !== undefined && ROLES.includes('ingest');
  if (isNeeded && REDACTION_SECRET === undefined) throw noSharedKey();
}

function writeKey(path: string, key: string): void {
  try {
    writeFileSync(path, `${key}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new AppError(
      'invalid_input',
      `cannot write ${path}: set REDACTION_SECRET, or let DATA_DIR be written`,
      {
        cause,
      },
    );
  }
}
