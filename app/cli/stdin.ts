import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { World } from './command.ts';
import { type ByteSource, STDIN_PATH } from './input-bytes.ts';

/**
 * Copies standard input, where it is among the files, to a file of its own, and runs `work` on the files: the
 * embedded engine looks there too, and closes it at its start (sql/standard-input.ts). So all of it is read before.
 */
export async function withStdinSpooled<T>(
  files: readonly string[],
  world: Pick<World, 'stdin'>,
  work: (files: readonly string[]) => Promise<T>,
): Promise<T> {
  if (!files.includes(STDIN_PATH)) return work(files);
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-stdin-'));
  try {
    const spool = join(folder, 'standard input');
    await pipeline(world.stdin, createWriteStream(spool));
    return await work(files.map((file) => (file === STDIN_PATH ? spool : file)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Standard input if it is among the files. Otherwise it is not touched, so that the engine's start can close it. */
export function stdinFor(files: readonly string[], world: Pick<World, 'stdin'>): ByteSource {
  return files.includes(STDIN_PATH) ? world.stdin : NOTHING;
}

const NOTHING: ByteSource = {
  async *[Symbol.asyncIterator]() {},
};
