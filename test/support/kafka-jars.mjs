import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const POM = join(ROOT, 'test', 'support', 'kafka', 'pom.xml');
const CACHE = join(ROOT, '.cache', 'kafka');
const JAVA_VERSION_MIN = 17;
/** Some 45 MB: minutes on a slow line. */
const RESOLVE_MS_MAX = 600_000;

/** The Java to run: that of JAVA_HOME, or the one on the path. */
export function javaCommand() {
  const home = process.env.JAVA_HOME;
  return home ? join(home, 'bin', 'java') : 'java';
}

/** Why no broker can be started on this machine, with the mend; null when one can. */
export function kafkaUnavailable() {
  const java = spawnSync(javaCommand(), ['-version'], { encoding: 'utf8' });
  if (java.error || java.status !== 0)
    return `Kafka needs Java ${JAVA_VERSION_MIN} or later, and ${javaCommand()} does not run: apt-get install openjdk-17-jre-headless maven`;
  const version = /version "(?:1\.)?(\d+)/.exec(java.stderr)?.[1];
  if (Number(version) < JAVA_VERSION_MIN)
    return `Kafka needs Java ${JAVA_VERSION_MIN} or later, and ${javaCommand()} is ${version}: set JAVA_HOME to a later one`;
  if (existsSync(jarFolder())) return null;
  const maven = spawnSync('mvn', ['-v'], { encoding: 'utf8' });
  if (maven.error || maven.status !== 0)
    return "Kafka's jars are fetched with Maven, and mvn does not run: apt-get install maven";
  return null;
}

/**
 * The folder with the broker's jars. Fetched once for each state of pom.xml; of several processes at once, one fetches and the others wait.
 *
 * @throws Error with Maven's last words when the jars cannot be fetched
 */
export async function kafkaJars() {
  const folder = jarFolder();
  while (!existsSync(folder)) {
    const reason = kafkaUnavailable();
    if (reason) throw new Error(reason);
    await mkdir(CACHE, { recursive: true });
    const unlock = await lock(join(CACHE, 'fetching'));
    if (!unlock) {
      await sleep(300);
      continue;
    }
    try {
      if (!existsSync(folder)) await fetchInto(folder);
    } finally {
      await unlock();
    }
  }
  return folder;
}

function jarFolder() {
  return join(CACHE, createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12));
}

/** A folder appears complete or not at all, so a process that is killed here leaves nothing half done behind. */
async function fetchInto(folder) {
  const partial = await mkdtemp(join(CACHE, 'partial-'));
  const goal = ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
  try {
    await promisify(execFile)('mvn', [...goal, `-DoutputDirectory=${partial}`], { timeout: RESOLVE_MS_MAX });
    await rename(partial, folder);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    if (existsSync(folder)) return;
    const words = `${cause.stdout ?? ''}${cause.stderr ?? ''}`.trim().split('\n').slice(0, 5).join('\n');
    throw new Error(`Maven cannot fetch Kafka's jars: ${words || cause.message}`, { cause });
  }
}

/** Takes the lock, or gives null while another living process holds it. */
async function lock(path) {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return () => rm(path, { force: true });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  // Empty for a moment while its owner writes; a number of nobody when the owner was killed.
  const owner = Number(await readFile(path, 'utf8').catch(() => ''));
  if (owner > 0 && !isAlive(owner)) await rm(path, { force: true });
  return null;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
