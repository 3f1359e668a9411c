import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildProbed } from '../../sdk/test/probed-build.ts';

const run = promisify(execFile);
let folder: string;
let sites: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-never-throws-'));
  sites = await buildProbed(join(folder, 'host.mjs'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('leaves the host what it has without us, whichever function of ours throws', async () => {
  const { stdout } = await run(process.execPath, [join(folder, 'host.mjs'), '0', String(sites.length)], {
    maxBuffer: 2 ** 24,
  });
  const { hitCount, failures } = JSON.parse(stdout) as {
    hitCount: number;
    failures: { site: number; what: string; outcome: string }[];
  };
  expect(failures.map((failure) => ({ in: sites[failure.site], ...failure }))).toEqual([]);
  // Most functions are reached, or this would show little.
  expect(hitCount / sites.length).toBeGreaterThan(0.6);
});
