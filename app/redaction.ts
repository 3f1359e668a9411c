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

/**
 * What the settings say of redaction; null when it is off.
 *
 * @param keep whether what is redacted is stored: then a key that no setting gives is kept in DATA_DIR, else it is made up
 * @throws AppError `invalid_input` for a file that is not there or has faults
 */
export function redactionSetup(config: Config, keep: 'stored' | 'passing'): RedactionSetup | null {
  if (config.REDACT === 'off') return null;
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

function keyOf({ REDACTION_SECRET, DATA_DIR }: Config, keep: 'stored' | 'passing'): string {
  if (REDACTION_SECRET !== undefined) return REDACTION_SECRET.reveal();
  const made = randomBytes(KEY_BYTES).toString('hex');
  if (keep === 'passing') return made;
  mkdirSync(DATA_DIR, { recursive: true });
  const path = join(DATA_DIR, KEY_FILE);
  // Of two processes that start at once, the first one's key counts.
  if (!existsSync(path)) writeKey(path, made);
  return readFileSync(path, 'utf8').trim();
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
