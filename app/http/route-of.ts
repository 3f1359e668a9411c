import type { Request } from 'express';

/** The route that answers a request, not its path: a path may be anything. `other` if there is none. */
export function routeOf({ baseUrl, route }: Request): string {
  const path = (route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? `${baseUrl}${path}`.replace(/(?<=.)\/$/, '') : 'other';
}
