import { z } from 'zod';
import { Secret } from './secret.ts';

const SECRET_CHARACTERS_MIN = 16;

/** Settings of redaction. */
export const REDACTION_SETTINGS = {
  /** Text that is stored once is hard to take back; who has no personal data saves a few microseconds a record. */
  REDACT: z.enum(['on', 'off']).default('on'),
  /** What is done with which kind, and patterns of your own (YAML); everything found is masked otherwise. */
  REDACTION_FILE: z.string().optional(),
  /** Key of the hashes, the same for every ingest process; without a log one is made and kept in DATA_DIR. */
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
export function redactionFaults({
  REDACT,
  REDACTION_FILE,
}: RedactionSettings): { path: keyof RedactionSettings; message: string }[] {
  if (REDACT === 'on' || REDACTION_FILE === undefined) return [];
  return [{ path: 'REDACT', message: 'expected on, since REDACTION_FILE is set' }];
}
