import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingLine } from '../support/doc-blocks.ts';
import { BLOCK_MS_MAX, documentsWith, runBlock } from '../support/run-block.ts';
import { type RunningServer, startServer } from '../support/server.ts';

// Runs the documented commands that need a server, against the built one.

const folder = mkdtempSync(join(tmpdir(), 'plumbline-docs-server-'));
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ DATA_DIR: join(folder, 'data'), EMBEDDINGS: 'off' });
});
afterAll(async () => {
  await server.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

describe.each(documentsWith('server'))('$path', ({ blocks }) => {
  it.each(blocks)(
    'line $line',
    async ({ script, output }) => {
      const stdout = await runBlock(script, {
        cwd: join(folder, 'blocks'),
        env: { PLUMBLINE_URL: server.url },
      });
      if (output !== null) expect(missingLine(output, stdout), `in:\n${stdout}`).toBeNull();
    },
    BLOCK_MS_MAX + 5000,
  );
});
