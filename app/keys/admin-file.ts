import { createHmac, randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** How a command reaches the server that has the embedded store open. */
export interface AdminAccess {
  readonly url: string;
  /** Known to who may read the folder, and to the server. */
  readonly token: string;
}

const Contents = z.object({ url: z.url({ protocol: /^http$/ }), token: z.string().min(1) });
const NAME = 'serve.json';

/** A token for one run of a server. */
export function newAdminToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What only a holder of the token can say of a challenge. */
export function signatureOf(challenge: string, token: string): string {
  return createHmac('sha256', token).update(challenge).digest('hex');
}

/** Writes the file beside the data, for its owner alone; one that a killed server left behind is replaced. */
export async function writeAdminFile(folder: string, { url, token }: AdminAccess): Promise<void> {
  const path = join(folder, NAME);
  const draft = `${path}.${process.pid}`;
  await rm(draft, { force: true });
  // Made anew and not opened: it gets its mode at once, and follows no link.
  await writeFile(draft, `${JSON.stringify({ url: reachableUrl(url), token })}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  await rename(draft, path);
}

/** What a server wrote there; null if there is none, or what is there makes no sense. */
export async function readAdminFile(folder: string): Promise<AdminAccess | null> {
  try {
    return Contents.parse(JSON.parse(await readFile(join(folder, NAME), 'utf8')));
  } catch {
    return null;
  }
}

/** Takes it away, unless another server has put its own there. */
export async function removeAdminFile(folder: string, token: string): Promise<void> {
  if ((await readAdminFile(folder))?.token === token) await rm(join(folder, NAME), { force: true });
}

/** An address that means all interfaces is none to connect to. */
function reachableUrl(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}
