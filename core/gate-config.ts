import { z } from 'zod';
import { Secret } from './secret.ts';

/** Settings of `plumbline gate`. */
export const GATE_SETTINGS = {
  /** Signs what --webhook sends, as receivers' webhooks are signed; 16 characters at least, so that it cannot be guessed. */
  GATE_WEBHOOK_SECRET: z
    .string()
    .min(16, 'expected at least 16 characters, such as from: openssl rand -hex 32')
    .transform((value) => new Secret(value))
    .optional(),
} as const;
