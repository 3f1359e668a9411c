import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import { type Collector, startCollector } from '../test/collector.ts';
import { createPlumbline } from './create-plumbline.ts';

let collector: Collector;
let folder: string;
beforeEach(async () => {
  collector = await startCollector();
  folder = await mkdtemp(join(tmpdir(), 'plumbline-end-'));
});
afterEach(async () => {
  await collector.close();
  await rm(folder, { recursive: true, force: true });
});

/** A host of its own process, with the built package. */
function host(body: string, options: object = {}): ChildProcess {
  const given = JSON.stringify({ url: collector.url, ...options });
  const text = `import { createPlumbline } from ${JSON.stringify(join(packageRoot, 'sdk/dist/index.js'))};
    const plumbline = createPlumbline(${given}); ${body}`;
  return spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return { code, signal };
}

const TRACK = `plumbline.track({ model: 'm', response: 'last words' });`;
const STAY = 'setInterval(() => {}, 1000); console.log("ready");';

describe('the end of the host', () => {
  it('comes when the host is done, with all delivered, and calls closed that nobody ended', async () => {
    const child = host(`${TRACK} plumbline.begin(() => ({ model: 'open' })); process.exitCode = 3;`);
    expect(await endOf(child)).toEqual({ code: 3, signal: null });
    expect(collector.accepted()).toMatchObject([
      { response: 'last words' },
      { model: 'open', finish_reason: 'abandoned' },
    ]);
  });

  it.each(['hang', 'away'])('is not kept from coming by a collector that is %s', async (how) => {
    if (how === 'hang') collector.decide(() => 'hang');
    const url = how === 'away' ? 'http://127.0.0.1:1' : collector.url;
    const child = host(TRACK, { url, limits: { exitFlushMsMax: 100 } });
    expect(await endOf(child)).toEqual({ code: 0, signal: null });
  });

  it('does not wait for what waits between two tries', async () => {
    collector.decide(() => ({ status: 503 }));
    const child = host(`${TRACK} await plumbline.flush(50);`, { limits: { exitFlushMsMax: 1 } });
    expect(await endOf(child)).toEqual({ code: 0, signal: null });
  });

  it('by SIGTERM stays what it was, once all is delivered', async () => {
    const child = host(`${TRACK} ${STAY}`, { flushOnSigterm: true });
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
    child.kill('SIGTERM');
    expect(await endOf(child)).toEqual({ code: null, signal: 'SIGTERM' });
    expect(collector.accepted()).toMatchObject([{ response: 'last words' }]);
  });

  it('by SIGTERM is the host’s where it has a say', async () => {
    const child = host(
      `process.on('SIGTERM', async () => { await plumbline.flush(); process.exit(7); }); ${TRACK} ${STAY}`,
      { flushOnSigterm: true },
    );
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
    child.kill('SIGTERM');
    expect(await endOf(child)).toEqual({ code: 7, signal: null });
    expect(collector.accepted()).toHaveLength(1);
  });
});

describe('the spill', () => {
  it('keeps what could not be delivered, also where the host ends at once, and the next start sends it', async () => {
    collector.decide(() => ({ status: 503 }));
    const child = host(`${TRACK} process.exit(0);`, { spillFolder: folder });
    await endOf(child);
    expect(await readdir(folder)).toHaveLength(1);
    collector.decide(null);
    const next = createPlumbline({
      url: collector.url,
      spillFolder: folder,
      limits: { flushIntervalMs: 1 },
    });
    await expect.poll(() => collector.accepted()).toMatchObject([{ response: 'last words' }]);
    await expect.poll(() => readdir(folder)).toEqual([]);
    await next.shutdown();
  });

  it('survives a line that was torn, and is sent once by two processes on one folder', async () => {
    const lines = Array.from({ length: 20 }, (_, index) => JSON.stringify({ id: `i${index}`, model: 'm' }));
    for (let file = 0; file < 4; file++) {
      const part = lines.slice(file * 5, file * 5 + 5).join('\n');
      await writeFile(join(folder, `inference-0000000000000${file}-a.ndjson`), `${part}\n{"id":"torn`);
    }
    const both = [1, 2].map(() =>
      createPlumbline({ url: collector.url, spillFolder: folder, limits: { flushIntervalMs: 1 } }),
    );
    await expect.poll(() => collector.accepted().length).toBe(20);
    await expect.poll(() => readdir(folder)).toEqual([]);
    for (const one of both) await one.shutdown();
    expect(
      collector
        .accepted()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(lines.map((line) => JSON.parse(line).id).sort());
  });

  it('stays within its bytes', async () => {
    collector.decide(() => ({ status: 503 }));
    const plumbline = createPlumbline({
      url: collector.url,
      spillFolder: folder,
      onProblem() {},
      limits: { spillBytesMax: 100 },
    });
    plumbline.track({ model: 'm', response: 'x'.repeat(1_000) });
    await plumbline.shutdown(50);
    expect(await readdir(folder)).toEqual([]);
  });
});
