import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problems } from './problems.ts';

/** Lines of one file, which is this process's alone until it is removed or kept. */
export interface SpilledLines {
  readonly lines: readonly string[];
  /** They arrived: the file goes. */
  settle(): Promise<void>;
  /** For another try, by this process or the next. */
  keep(): Promise<void>;
}

/** Lines kept in files while they cannot be delivered: at least once, so a record may be sent again under its id. */
export interface Spill {
  /** False if the folder is full or cannot be written; nothing is then written. Never rejects. */
  write(lines: readonly string[]): Promise<boolean>;
  /** The same for the end of the process, which waits for nothing. */
  writeNow(lines: readonly string[]): boolean;
  /** The oldest file that no other process is at; null if there is none. */
  claim(): Promise<SpilledLines | null>;
}

export interface SpillOptions {
  readonly folder: string;
  /** What is spilled: each kind has files of its own. */
  readonly kind: string;
  /** Of all files of the folder. */
  readonly bytesMax: number;
  readonly problems: Problems;
}

/** A file is written in one go: one that was not renamed after this long is what a process left that was killed. */
const ABANDONED_MS = 60_000;
/** A claim that is not over after this long was made by a process that is no more. */
const CLAIM_MS_MAX = 10 * 60_000;
/** The folder is looked at again after this long when it had nothing: other processes may leave something. */
const LOOK_AGAIN_MS = 60_000;

/**
 * Files `KIND-TIME-ID.ndjson` in the folder. A file gets its name when it is whole, and is claimed by renaming it, which
 * only one of several processes can do.
 */
export function openSpill({ folder, kind, bytesMax, problems }: SpillOptions): Spill {
  let lookAtMs = 0;

  const newPath = (): string =>
    join(folder, `${kind}-${String(Date.now()).padStart(14, '0')}-${randomUUID()}.ndjson`);
  const failed = (what: string, error: unknown): void =>
    problems.tell('spill', `the folder ${folder} cannot be ${what}`, error);

  return {
    async write(lines) {
      if (lines.length === 0) return true;
      try {
        await mkdir(folder, { recursive: true });
        const text = textOf(lines);
        const sizes = await Promise.all((await readdir(folder)).map((name) => sizeOf(join(folder, name))));
        if (sum(sizes) + Buffer.byteLength(text) > bytesMax) return false;
        const path = newPath();
        await writeFile(`${path}.part`, text, { mode: OWNER_ONLY });
        await rename(`${path}.part`, path);
        lookAtMs = 0;
        return true;
      } catch (error) {
        failed('written', error);
        return false;
      }
    },

    writeNow(lines) {
      if (lines.length === 0) return true;
      try {
        mkdirSync(folder, { recursive: true });
        const text = textOf(lines);
        const sizes = readdirSync(folder).map(
          (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0,
        );
        if (sum(sizes) + Buffer.byteLength(text) > bytesMax) return false;
        const path = newPath();
        writeFileSync(`${path}.part`, text, { mode: OWNER_ONLY });
        renameSync(`${path}.part`, path);
        return true;
      } catch (error) {
        failed('written', error);
        return false;
      }
    },

    async claim() {
      if (performance.now() < lookAtMs) return null;
      try {
        for (const name of await namesIn(folder)) {
          const claimed = name.startsWith(`${kind}-`) ? await claimFile(folder, name) : null;
          if (claimed) return claimed;
        }
      } catch (error) {
        failed('read', error);
      }
      lookAtMs = performance.now() + LOOK_AGAIN_MS;
      return null;
    },
  };
}

/** Prompts and answers are nobody else's business. */
const OWNER_ONLY = 0o600;
const textOf = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

async function sizeOf(path: string): Promise<number> {
  // Without it, it was sent and removed meanwhile.
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function claimFile(folder: string, name: string): Promise<SpilledLines | null> {
  const [base, whole] = /^(.*?\.ndjson)(\.part|\.claim-[\w-]+)?$/.exec(name) ?? [];
  if (base === undefined || whole === undefined) return null;
  const path = join(folder, name);
  const claim = join(folder, `${whole}.claim-${randomUUID()}`);
  try {
    const waitMs = name.endsWith('.part') ? ABANDONED_MS : name.includes('.claim-') ? CLAIM_MS_MAX : 0;
    if (waitMs > 0 && Date.now() - (await stat(path)).mtimeMs < waitMs) return null;
    // The time of the claim goes with it: renaming alone would leave that of the writing.
    await utimes(path, new Date(), new Date());
    await rename(path, claim);
  } catch {
    // Another process was quicker.
    return null;
  }
  return {
    lines: wholeLines(await readFile(claim, 'utf8')),
    settle: () => unlink(claim),
    keep: () => rename(claim, join(folder, whole)),
  };
}

/** A process that was killed in the middle of a write leaves a line without its end: only lines that can be read count. */
function wholeLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && isJson(line));
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
