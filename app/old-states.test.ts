import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { joinState } from '../analyzers/state-parts.ts';
import type { StreamEntry } from '../analyzers/stream-book.ts';
import { baselineState, serializeStreamState } from '../analyzers/stream-state.ts';
import { parseConfig } from '../core/config.ts';
import { summarize } from '../core/summary.ts';
import { writeStates } from '../sql/queries/states.ts';
import { judgedStreams, readStreamStates } from '../sql/queries/stream-states.ts';
import { openAnalysisStore } from './analysis-store.ts';
import { openMigratedStore } from './store.ts';

it('reads on the states that an earlier version left, and where it was', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-old-'));
  const { store } = await openMigratedStore(parseConfig({ DATA_DIR: folder }));
  try {
    const key = { project: 'p', model: 'm', version: '1', segment: '' };
    const values = Array.from({ length: 300 }, (_, i) => 100 + i);
    const state = JSON.parse(
      serializeStreamState(baselineState(new Map([['latency_ms', summarize(values)]]), 'old')),
    );
    const until = Date.parse('2026-11-22T10:05:00.000Z');
    await writeStates(
      store,
      'streams',
      new Map<string, unknown>([
        [JSON.stringify(['p', 'm', '1', '']), { key, state, until, after: null }],
        ['cursor', until],
      ]),
    );
    const options = { late: { inferencesMs: 1, scoresMs: 1 }, rolledAt: () => new Date() };
    const analysis = await openAnalysisStore(store, options);
    expect(await analysis.readPlace()).toMatchObject({ until, judging: until, late: 0 });
    expect((await judgedStreams(store)).map((one) => one.key)).toEqual([key]);
    const [parts = new Map()] = await readStreamStates(store, [key]);
    expect((joinState(parts) as StreamEntry).state).toEqual({ stream: state });
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
