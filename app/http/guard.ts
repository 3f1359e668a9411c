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
 * Turns away what a foreign web page makes a browser on this machine send. Without keys, being on the machine is all
 * that protects the port: so no request may come from another origin, and where only this machine can connect, none may
 * ask for another host (DNS rebinding).
 *
 * @param host address that is listened on
 */
export function browserGuard(host: string): RequestHandler {
  const isLocalOnly = isLoopbackName(host);
  return (req, res, next) => {
    const asked = req.headers.host ?? '';
    if (isLocalOnly && asked !== '' && !isLoopbackName(hostName(asked))) {
      res.status(403).json(forbidden('this port serves localhost only; set HOST to serve other names'));
      return;
    }
    const { origin } = req.headers;
    const isForeign = origin !== undefined && originHost(origin) !== asked;
    if (isForeign || req.headers['sec-fetch-site'] === 'cross-site') {
      res.status(403).json(forbidden('requests from another origin are not taken'));
      return;
    }
    next();
  };
}

/** `localhost`, an address of 127.0.0.0/8, or `::1`. */
export function isLoopbackName(name: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(name);
}

const forbidden = (message: string) => ({ error: { code: 'forbidden', message } });
const hostName = (host: string): string => host.replace(/:\d+$/, '');

function originHost(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return '';
  }
}
