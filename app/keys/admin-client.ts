import { randomBytes } from 'node:crypto';
import type { ReadableStream } from 'node:stream/web';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { type AdminAccess, signatureOf } from './admin-file.ts';
import { CreatedKey, type KeyAdmin, ListedKey } from './key-admin.ts';

const TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 3_000;
const Signed = z.object({ signature: z.string() });
const Failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Keys by way of the server that has the store open. All methods reject with AppError. */
export function remoteKeyAdmin(access: AdminAccess): KeyAdmin {
  return {
    list: async () => z.array(ListedKey).parse(await askServer(access, 'GET', '/keys')),
    create: async (wanted) => CreatedKey.parse(await askServer(access, 'POST', '/keys', wanted)),
    revoke: async (id) =>
      ListedKey.parse(await askServer(access, 'POST', `/keys/${encodeURIComponent(id)}/revoke`, {})),
  };
}

/**
 * Makes sure that it is the server that wrote the file, before it is told anything: only that one can sign with the
 * token. @throws AppError `upstream_unavailable` when it is not, or nobody answers
 */
export async function assertServer({ url, token }: AdminAccess): Promise<void> {
  const challenge = randomBytes(16).toString('hex');
  const answer = await fetch(`${url}/admin/signature?challenge=${challenge}`, {
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
  })
    .then((response) => response.json() as Promise<unknown>)
    .catch(() => null);
  const signed = Signed.safeParse(answer);
  if (signed.success && signed.data.signature === signatureOf(challenge, token)) return;
  throw new AppError('upstream_unavailable', `no server answers at ${url}`);
}

/** What a route under /admin answers. @throws AppError as it says, or `upstream_unavailable` */
export async function askServer(
  access: AdminAccess,
  method: 'GET' | 'POST' | 'DELETE',
  ...[path, body]: [path: string, body?: unknown]
): Promise<unknown> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await request(access, path, { method, body, signal });
  return response.json().catch(() => null);
}

/**
 * An answer of any length, as it comes; it ends when `signal` says so.
 *
 * @throws AppError as the route says, before the first byte, or `upstream_unavailable`
 */
export async function streamServer(
  access: AdminAccess,
  path: string,
  { body, signal }: { body: unknown; signal: AbortSignal },
): Promise<ReadableStream<Uint8Array>> {
  const response = await request(access, path, { method: 'POST', body, signal });
  if (response.body) return response.body as ReadableStream<Uint8Array>;
  throw new AppError('upstream_unavailable', `the server at ${access.url} gave no answer`);
}

async function request(
  { url, token }: AdminAccess,
  path: string,
  { method, body, signal }: { method: string; body: unknown; signal: AbortSignal },
): Promise<Response> {
  const response = await fetch(`${url}/admin${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  }).catch((cause: unknown) => {
    throw new AppError(
      'upstream_unavailable',
      `the server at ${url}, which has the store open, does not answer`,
      {
        cause,
      },
    );
  });
  if (response.ok) return response;
  const failure = Failure.safeParse(await response.json().catch(() => null));
  const message = failure.success ? failure.data.error.message : `it answered ${response.status}`;
  const code = response.status === 400 ? 'invalid_input' : response.status === 404 ? 'not_found' : null;
  throw new AppError(code ?? 'upstream_unavailable', code ? message : `the server at ${url}: ${message}`);
}
