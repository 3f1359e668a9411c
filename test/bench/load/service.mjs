// The built service as the benchmarks start it, what they send to it, and what it takes of the machine.
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const MAIN = fileURLToPath(new URL('../../../dist/app/main.js', import.meta.url));
/** Of /proc on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Starts `plumbline serve` with its data in the folder, and waits until it listens. No embeddings: they take what CPU
 * there is.
 */
export async function startService(folder, settings, args = []) {
  const child = spawn(process.execPath, [MAIN, 'serve', '--json', ...args], {
    env: { ...environment(settings), DATA_DIR: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { listening } = JSON.parse(line);
    if (listening) {
      child.stdout.resume();
      return { url: new URL(listening), child };
    }
  }
  throw new Error('the service did not start');
}

/** Runs another command of ours to its end. */
export async function runPlumbline(command, settings) {
  await promisify(execFile)(process.execPath, [MAIN, command], { env: environment(settings) });
}

const environment = (settings) => ({
  ...process.env,
  PORT: '0',
  LOG_LEVEL: 'error',
  EMBEDDINGS: 'off',
  ...settings,
});

/** Sends a body of records; gives the status. */
export function post(agent, url, body) {
  return new Promise((resolve, reject) => {
    const req = request(new URL('/v1/inferences', url), {
      method: 'POST',
      agent,
      headers: { 'Content-Length': body.length },
    });
    req.on('response', (res) => {
      res.resume();
      res.on('end', () => resolve(res.statusCode));
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** Memory in use by a process. */
export const residentMb = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** CPU seconds of a process since its start, all of it and its main thread's. */
export function cpuSeconds(pid) {
  return { all: cpuOf(`/proc/${pid}/stat`), main: cpuOf(`/proc/${pid}/task/${pid}/stat`) };
}

function cpuOf(file) {
  // The name stands in brackets and may hold spaces; user and system time are fields 14 and 15.
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
