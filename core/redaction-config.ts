import { z } from 'zod';
import { Secret } from './secret.ts';

const SECRET_CHARACTERS_MIN = 16;

/** Settings of redaction. */
export const REDACTION_SETTINGS = {
  /** Text that is stored once is hard to take back; who has no personal data saves a few microseconds a record. */
  REDACT: z.enum(['on', 'off']).default('on'),
  /** What is done with which kind, and patterns of your own (YAML); everything found is masked otherwise. */
  REDACTION_FILE: z.string().optional(),
  /** Key of the hashes, the same for every process; without, one is made and kept in DATA_DIR. */
  REDACTION_SECRET: z
    .string()
    .min(
      SECRET_CHARACTERS_MIN,
      `expected at least ${SECRET_CHARACTERS_MIN} characters, such as from: openssl rand -hex 32`,
    )
    .transform((value) => new Secret(value))
    .optional(),
} as const;

type RedactionSettings = z.output<z.ZodObject<typeof REDACTION_SETTINGS>>;

/** Settings that do not go together. */
export function redactionFaults(
  settings: RedactionSettings & { readonly KAFKA_BROKERS?: unknown },
): { path: keyof RedactionSettings; message: string }[] {
  const { REDACT, REDACTION_SECRET, REDACTION_FILE, KAFKA_BROKERS } = settings;
  const faults: { path: keyof RedactionSettings; message: string }[] = [];
  // With two keys, a record without an id that is sent again to another process would be another record.
  if (REDACT === 'on' && KAFKA_BROKERS !== undefined && REDACTION_SECRET === undefined) {
    faults.push({
      path: 'REDACTION_SECRET',
      message:
        'expected a secret that every process has, since KAFKA_BROKERS is set: make one with openssl rand -hex 32; or set REDACT=off',
    });
  }
  if (REDACT === 'off' && REDACTION_FILE !== undefined)
    faults.push({ path: 'REDACT', message: 'expected on, since REDACTION_FILE is set' });
  return faults;
}
