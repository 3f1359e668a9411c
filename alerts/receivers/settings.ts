import { z } from 'zod';
import { Secret } from '../../core/secret.ts';

const SecretText = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));
const Name = z.string().regex(/^[\w-]{1,64}$/, 'expected letters, digits, "-" and "_"');
const HttpUrl = z.url({ protocol: /^https?$/, error: 'expected an address, such as https://example.com/x' });

/** Receivers as the rules' file has them; secrets come from the environment: `token: ${SLACK_TOKEN}`. */
export const RECEIVER_SCHEMAS = {
  /** One message an incident, kept up to date, with a thread. */
  slack: z.strictObject({
    name: Name,
    type: z.literal('slack'),
    token: SecretText,
    /** Its id (C0123…) or name. */
    channel: z.string().min(1),
    /** Another address of the API. */
    url: HttpUrl.default('https://slack.com/api'),
  }),
  /** A message each time: this way in cannot change what it has said. */
  slack_webhook: z.strictObject({ name: Name, type: z.literal('slack_webhook'), url: SecretText }),
  /** A region on every dashboard, from opened to closed. */
  grafana: z.strictObject({ name: Name, type: z.literal('grafana'), url: HttpUrl, token: SecretText }),
  webhook: z.strictObject({
    name: Name,
    type: z.literal('webhook'),
    url: HttpUrl,
    /** Signs what is sent. */
    secret: SecretText,
    /** Networks (CIDR) or hosts inside the private ranges that may be spoken to. */
    allow: z.array(z.string()).default([]),
  }),
  pagerduty: z.strictObject({
    name: Name,
    type: z.literal('pagerduty'),
    routing_key: SecretText,
    url: HttpUrl.default('https://events.pagerduty.com'),
  }),
  alertmanager: z.strictObject({
    name: Name,
    type: z.literal('alertmanager'),
    url: HttpUrl,
    /** Sent as a bearer token. */
    token: SecretText.optional(),
  }),
  email: z.strictObject({
    name: Name,
    type: z.literal('email'),
    /** `smtps://user:password@host:465` */
    smtp: SecretText,
    from: z.string().min(3),
    to: z.array(z.string().min(3)).min(1).max(50),
  }),
} as const;

export const ReceiverSettings = z.discriminatedUnion('type', [
  RECEIVER_SCHEMAS.slack,
  RECEIVER_SCHEMAS.slack_webhook,
  RECEIVER_SCHEMAS.grafana,
  RECEIVER_SCHEMAS.webhook,
  RECEIVER_SCHEMAS.pagerduty,
  RECEIVER_SCHEMAS.alertmanager,
  RECEIVER_SCHEMAS.email,
]);

export type ReceiverSettings = z.infer<typeof ReceiverSettings>;
