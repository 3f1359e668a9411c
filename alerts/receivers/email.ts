import { createHash } from 'node:crypto';
import { createTransport, type SendMailOptions } from 'nodemailer';
import {
  DeliveryError,
  type Notification,
  type NotificationKind,
  type Receiver,
  type ReceiverHandle,
} from '../../core/notification.ts';
import { Secret } from '../../core/secret.ts';
import { mailOf } from '../message/mail.ts';
import { messageOf } from '../message/message.ts';
import { clip, plain } from '../message/plain.ts';
import { withoutSecrets } from './http.ts';
import type { ReceiverSettings } from './settings.ts';

type EmailSettings = Extract<ReceiverSettings, { type: 'email' }>;

/** A mail server may look a sender up before it answers, so it gets longer than others. */
const ANSWER_MS_MAX = 20_000;

/**
 * E-mail by SMTP. An incident is one conversation: its messages refer to the first one and keep its subject, which mail
 * programs group by. A message sent twice has the same Message-ID both times.
 */
export function createEmail(settings: EmailSettings): Receiver {
  const { hostname } = new URL(settings.smtp.reveal());
  return {
    name: settings.name,
    type: settings.type,
    paceMs: 1_000,
    kinds: new Set<NotificationKind>(['firing', 'escalated', 'reminder', 'acknowledged', 'resolved']),
    async deliver(notification, handle, signal) {
      const mail = mailOptions(settings, notification, handle);
      await send(settings, mail, signal).catch((error) => {
        throw failureOf(`The mail server ${hostname}`, error, settings);
      });
      return handle?.['root'] ? handle : { root: mail.messageId, subject: mail.subject };
    },
  };
}

type Mail = SendMailOptions & { readonly messageId: string; readonly subject: string };

function mailOptions(
  settings: EmailSettings,
  notification: Notification,
  handle: ReceiverHandle | null,
): Mail {
  const { subject, text, html } = mailOf(messageOf(notification));
  const root = handle?.['root'];
  const headers = {
    'X-Plumbline-Incident': clip(plain(notification.incident.id), 200),
    'X-Plumbline-Notification': clip(plain(notification.id), 400),
    // Nobody's holiday notice is to answer an alarm.
    'Auto-Submitted': 'auto-generated',
  };
  return {
    from: settings.from,
    to: [...settings.to],
    subject: root ? `Re: ${handle['subject'] ?? subject}` : subject,
    text,
    html,
    messageId: messageIdOf(settings, notification),
    headers,
    ...(root ? { inReplyTo: root, references: [root] } : {}),
    ...(notification.severity === 'critical' && !root ? { priority: 'high' as const } : {}),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** The same for the same notification; hashed, since an id may hold what a Message-ID may not. */
function messageIdOf({ from }: EmailSettings, { id }: Notification): string {
  const domain = /@([a-z0-9.-]+)>?\s*$/i.exec(from)?.[1] ?? 'plumbline.invalid';
  return `<plumbline.${createHash('sha256').update(id).digest('hex').slice(0, 32)}@${domain}>`;
}

async function send({ smtp }: EmailSettings, mail: Mail, signal: AbortSignal): Promise<void> {
  const bound = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
  bound.throwIfAborted();
  const transport = createTransport({
    url: smtp.reveal(),
    connectionTimeout: ANSWER_MS_MAX,
    greetingTimeout: ANSWER_MS_MAX,
    socketTimeout: ANSWER_MS_MAX,
    requireTLS: mustEncrypt(new URL(smtp.reveal())),
  });
  try {
    await Promise.race([transport.sendMail(mail), aborted(bound)]);
  } finally {
    transport.close();
  }
}

/**
 * A password goes over the network only when it is encrypted: who stands in between could take the offer of TLS away, and the
 * client would go on without. Not asked of the machine itself, nor where the address says otherwise.
 */
function mustEncrypt({ protocol, hostname, username, searchParams }: URL): boolean {
  if (protocol === 'smtps:') return false;
  const asked = searchParams.get('requireTLS');
  if (asked !== null) return asked === 'true';
  return username !== '' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** SMTP: 4xx is for now, 5xx for good (RFC 5321, 4.2.1); without a code nobody knows, and it is tried again. */
function failureOf(who: string, error: unknown, { smtp }: EmailSettings): DeliveryError {
  const { name, code, responseCode, response = '' } = error as SmtpError;
  if (name === 'TimeoutError' || name === 'AbortError') {
    return new DeliveryError(`${who} did not answer in time`, { isPermanent: false });
  }
  if (code === 'ETLS') {
    const mend = 'use smtps://, or add ?requireTLS=false if its network can be trusted';
    return new DeliveryError(`${who} offers no TLS for the password: ${mend}`, { isPermanent: true });
  }
  if (responseCode === undefined) {
    return new DeliveryError(`${who} cannot be reached (${code ?? 'the connection broke'})`, {
      isPermanent: false,
    });
  }
  const said = clip(plain(withoutSecrets(response, secretsOf(new URL(smtp.reveal())))), 200);
  const isPermanent = responseCode >= 500;
  const mend = isPermanent ? mendOf(code, responseCode) : '';
  return new DeliveryError(`${who} answered ${said || responseCode}${mend}`, { isPermanent });
}

function mendOf(code: string | undefined, responseCode: number): string {
  if (code === 'EAUTH') return ': check the user and the password in `smtp`';
  if (code === 'EENVELOPE') return ': check `from` and `to`: it does not take mail from or for one of them';
  return responseCode === 552 || responseCode === 554
    ? ': it refuses the message; ask its administrator'
    : '';
}

/** The password as it is, as it stands in the address, and as AUTH PLAIN sends it. */
function secretsOf({ username, password }: URL): Secret[] {
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  const texts = [pass, password, Buffer.from(`\0${user}\0${pass}`).toString('base64')];
  return texts.filter((text) => text !== '').map((text) => new Secret(text));
}
