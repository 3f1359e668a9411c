import { z } from 'zod';
import { Secret } from '../../core/secret.ts';
import { isNetwork } from './address-guard.ts';

const hide = (value: string): Secret => new Secret(value);
/** Sent in a header, which holds no other characters; a line's end is easily copied along. */
const Token = z
  .string()
  .trim()
  .regex(/^[!-~]+$/, 'expected a token, without spaces')
  .transform(hide);
const Name = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'expected letters, digits, "-" and "_"')
  // What is known of receivers is kept by their names.
  .refine((name) => !(name in Object.prototype), 'expected another name: every object has this one');
const HttpUrl = z.url({ protocol: /^https?$/, error: 'expected an address, such as https://example.com/x' });
const SmtpUrl = z.url({
  protocol: /^smtps?$/,
  error: 'expected an address, such as smtps://user:password@mail.example.com:465',
});
const Mailbox = z
  .string()
  .max(320)
  .regex(/^[^\r\n@]*@[^\r\n@\s]+$/, 'expected an e-mail address, such as Plumbline <alerts@example.com>');
const Allowed = z
  .string()
  .refine(
    (text) => isNetwork(text) || /^[a-z0-9.-]+$/i.test(text),
    'expected a network (10.1.0.0/16), an address, or the name of a host',
  );

/** Receivers as the rules' file has them; secrets come from the environment: `token: ${SLACK_TOKEN}`. */
export const RECEIVER_SCHEMAS = {
  /** One message an incident, kept up to date, with a thread. */
  slack: z.strictObject({
    name: Name,
    type: z.literal('slack'),
    token: Token,
    /** Its id (C0123…) or name. */
    channel: z.string().min(1),
    /** Another address of the API. */
    url: HttpUrl.default('https://slack.com/api'),
  }),
  /** A message each time: this way in cannot change what it has said. */
  slack_webhook: z.strictObject({
    name: Name,
    type: z.literal('slack_webhook'),
    url: HttpUrl.transform(hide),
  }),
  /** A region on every dashboard, from opened to closed. */
  grafana: z.strictObject({ name: Name, type: z.literal('grafana'), url: HttpUrl, token: Token }),
  webhook: z.strictObject({
    name: Name,
    type: z.literal('webhook'),
    url: HttpUrl,
    /** Signs what is sent; 16 characters at least, so that it cannot be guessed from a signature. */
    secret: z.string().min(16).transform(hide),
    /** Networks (CIDR), addresses or names of hosts that may be spoken to although they are inside. */
    allow: z.array(Allowed).default([]),
  }),
  pagerduty: z.strictObject({
    name: Name,
    type: z.literal('pagerduty'),
    routing_key: Token,
    url: HttpUrl.default('https://events.pagerduty.com'),
  }),
  alertmanager: z.strictObject({
    name: Name,
    type: z.literal('alertmanager'),
    url: HttpUrl,
    /** Sent as a bearer token. */
    token: Token.optional(),
  }),
  email: z.strictObject({
    name: Name,
    type: z.literal('email'),
    /** `smtps://user:password@host:465` */
    smtp: SmtpUrl.transform(hide),
    from: Mailbox,
    to: z.array(Mailbox).min(1).max(50),
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
