import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

/**
 * Headers that every answer has. Pages set their own Content-Security-Policy over this one.
 */
export const securityHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
  next();
};

/**
 * Turns away what a foreign web page makes a browser send: no request may come from another origin. That it asked for a
 * name of this machine (DNS rebinding) is seen to in access.ts, where no key protects.
 */
export const browserGuard: RequestHandler = (req, res, next) => {
  if (isForeignOrigin(req)) {
    res.status(403).json(forbidden('requests from another origin are not taken'));
    return;
  }
  next();
};

/** Whether a page of another origin made a browser send it; what is no browser names none. */
export function isForeignOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host = '' } = headers;
  return (origin !== undefined && originHost(origin) !== host) || headers['sec-fetch-site'] === 'cross-site';
}

/** `localhost`, an address of 127.0.0.0/8, or `::1`. */
export function isLoopbackName(name: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(name);
}

/** A host without its port. */
export function hostName(host: string): string {
  return host.replace(/:\d+$/, '');
}

const forbidden = (message: string) => ({ error: { code: 'forbidden', message } });

function originHost(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return '';
  }
}
