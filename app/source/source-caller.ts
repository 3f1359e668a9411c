import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isLocalCaller } from '../http/connection.ts';
import { isForeignOrigin } from '../http/guard.ts';
import { ProtocolError } from './protocol-error.ts';

/** Who is let in. */
export interface SourceAccount {
  readonly user: string;
  /** Empty: none, and then this machine alone is let in. */
  readonly password: string;
}

/**
 * Lets a caller in, or says why not. No foreign page of a browser is; without a password, what is not of this machine by
 * address and by the name that it asked for (DNS rebinding) is not either.
 *
 * @throws ProtocolError 516 (403)
 */
export function checkCaller(req: IncomingMessage, url: URL, account: SourceAccount): void {
  if (isForeignOrigin(req))
    throw new ProtocolError(516, 'requests of other origins are not taken. (AUTHENTICATION_FAILED)');
  if (account.password === '' && !isLocalCaller(req))
    throw new ProtocolError(
      516,
      'without SOURCE_PASSWORD only this machine may connect, by the name localhost or 127.0.0.1 and not through a proxy. (AUTHENTICATION_FAILED)',
    );
  const { user, password } = credentialsOf(req, url);
  // Both are compared, so that the time says nothing of either.
  const isUser = isSame(user, account.user);
  const isPassword = isSame(password, account.password);
  if (isUser && isPassword) return;
  throw new ProtocolError(
    516,
    `${user.slice(0, 80)}: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)`,
  );
}

/** From the header of Basic, else the headers of ClickHouse, else the address; `default` without a password otherwise. */
function credentialsOf(req: IncomingMessage, { searchParams }: URL): SourceAccount {
  const basic = /^basic +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    return colon < 0
      ? { user: text, password: '' }
      : { user: text.slice(0, colon), password: text.slice(colon + 1) };
  }
  const one = (name: string): string | undefined => [req.headers[name] ?? []].flat()[0];
  return {
    user: one('x-clickhouse-user') || searchParams.get('user') || 'default',
    password: one('x-clickhouse-key') ?? searchParams.get('password') ?? '',
  };
}

/** In a time that does not depend on where they differ, or on their lengths. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
