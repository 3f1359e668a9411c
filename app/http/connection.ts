import type { IncomingMessage } from 'node:http';
import { hostName, isLoopbackName } from './guard.ts';

/** What proxies add: a request that has one did not begin where its connection does. */
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;
/** Of a key's text, with room for what is no key. */
const TEXT_MAX = 200;

/**
 * Whether a request was made on this machine: by the address of its connection, not by what it says of itself, not
 * through a proxy that says so, and by a name of this machine, so that no foreign web page sent it (DNS rebinding).
 */
export function isLocalCaller(req: IncomingMessage): boolean {
  return isLoopbackAddress(addressOf(req)) && !isForwarded(req) && isOwnName(hostName(askedHost(req)));
}

/** Whether the connection begins on this machine, on whichever of its addresses. */
export function isThisMachine(req: IncomingMessage): boolean {
  const address = addressOf(req);
  return isLoopbackAddress(address) || (address !== '' && address === plain(req.socket.localAddress));
}

/** Whether another name was asked for than one of this machine, where only this machine is listened to. */
export function isForeignName(req: IncomingMessage, host: string): boolean {
  return isLoopbackName(host) && !isOwnName(hostName(askedHost(req)));
}

/** Address at the other end of the connection; an IPv4 address is written as such. Empty once the caller has gone. */
export function addressOf(req: IncomingMessage): string {
  return plain(req.socket.remoteAddress);
}

/** `127.0.0.0/8` and `::1`, also as IPv4 within IPv6. */
export function isLoopbackAddress(address: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(plain(address)) || address === '::1';
}

/** Text of the key that a request carries, from `Authorization: Bearer` or `x-api-key`; null if there is none. */
export function presentedKey(req: IncomingMessage): string | null {
  const bearer = /^bearer +(\S.*)$/i.exec(req.headers.authorization ?? '')?.[1];
  const text = bearer ?? [req.headers['x-api-key'] ?? ''].flat()[0] ?? '';
  return text === '' ? null : text.trim().slice(0, TEXT_MAX);
}

/** No name that anyone can register; the address of all interfaces is what a server may say it listens on. */
const isOwnName = (name: string): boolean => isLoopbackName(name) || /^(0\.0\.0\.0|\[::\])$/.test(name);
const isForwarded = (req: IncomingMessage): boolean => FORWARDING.some((name) => name in req.headers);
/** HTTP/1.0 has no Host; what sends none is no browser. */
const askedHost = (req: IncomingMessage): string => req.headers.host || 'localhost';
const plain = (address: string | undefined): string => (address ?? '').replace(MAPPED, '');
