import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../client.ts';
import { migrate } from '../migrate.ts';
import { changeMarks } from './change-marks.ts';
import { deliveryList, receiverTotals } from './delivery-list.ts';
import { panelRows } from './panel-rows.ts';
import { arrivalsByMinute, pipelineLatest } from './pipeline.ts';

const DAYS = 9000;
const RETENTION = {
  inferencesDays: DAYS,
  embeddingsDays: DAYS,
  rollupMinuteDays: DAYS,
  rollupHourDays: DAYS,
  findingsDays: DAYS,
  keyUsesDays: DAYS,
};
const T0 = Date.parse('2026-11-22T10:00:00.000Z');
const MINUTE = 60_000;
const sql = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
/** A name that would end a literal, if it were not escaped. */
const ODD = "o'dd\\";

let folder: string;
let store: Store;

const insert = (table: string, rows: readonly object[]) =>
  store.insertLines(table, Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plumbline-page-views-'));
  store = await openStore({ kind: 'embedded', path: folder });
  await migrate(store, { retention: RETENTION, cluster: null });
  const minute = (project: string, at: number, count: number) => ({
    project,
    bucket: sql(at),
    model: 'm',
    signal: 'inferences',
    revision: T0 * 2,
    count,
  });
  await insert('rollup_minute', [
    minute('a', T0, 5),
    minute('a', T0 + 2 * MINUTE, 7),
    minute('b', T0, 100),
    minute(ODD, T0, 11),
  ]);
  const delivery = (fields: object) => ({
    project: 'a',
    incident_id: 'i',
    receiver: 'slack',
    kind: 'firing',
    sequence: 1,
    state: 'sent',
    attempts: 1,
    decided_at: sql(T0),
    next_at: sql(T0),
    sent_at: sql(T0 + 1_000),
    revision: '2026-11-22 10:00:00',
    ...fields,
  });
  await insert('deliveries', [
    delivery({}),
    delivery({
      sequence: 2,
      state: 'failed',
      error: 'no such channel',
      sent_at: null,
      decided_at: sql(T0 + MINUTE),
    }),
    delivery({ project: 'b', receiver: 'oncall', state: 'waiting', sent_at: null, incident_id: 'j' }),
  ]);
}, 60_000);
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

describe('panelRows', () => {
  const query = 'SELECT project, sum(count) AS n FROM rollup_minute FINAL GROUP BY project ORDER BY project';

  it('gives numbers as numbers, columns in order', async () => {
    expect(await panelRows(store, { sql: query, project: '' })).toEqual([
      { project: 'a', n: 12 },
      { project: 'b', n: 100 },
      { project: ODD, n: 11 },
    ]);
  });

  it.each(['a', ODD])(
    'lets a key of project %s see nothing else, whatever the query asks',
    async (project) => {
      const rows = await panelRows(store, { sql: query, project });
      expect(rows.map((row) => row['project'])).toEqual([project]);
      const nested = `SELECT count() AS n FROM (SELECT * FROM deliveries FINAL UNION ALL SELECT * FROM deliveries FINAL WHERE project = 'b')`;
      expect(await panelRows(store, { sql: nested, project })).toEqual([{ n: project === 'a' ? 2 : 0 }]);
      expect(await panelRows(store, { sql: query, project: 'nobody' })).toEqual([]);
    },
  );
});

describe('pipeline', () => {
  it('counts arrivals minute by minute, with zeros between', async () => {
    const span = { since: new Date(T0 - MINUTE), until: new Date(T0 + 3 * MINUTE) };
    expect(await arrivalsByMinute(store, { project: 'a', ...span })).toEqual([0, 5, 0, 7]);
    expect(await arrivalsByMinute(store, { project: '', ...span })).toEqual([0, 116, 0, 7]);
  });

  it('knows how far each step has come, and null of one that did nothing', async () => {
    const now = new Date(T0 + 10 * MINUTE);
    expect(await pipelineLatest(store, { project: 'a', now })).toEqual({
      inference: new Date(T0 + 2 * MINUTE),
      embedding: null,
      finding: null,
      incident: null,
    });
  });
});

describe('deliveries', () => {
  it('are listed, the last decided first, and alone those in trouble', async () => {
    const all = { project: 'a', incidentId: 'i', isTroubled: false, limit: 10 };
    expect((await deliveryList(store, all)).map(({ state }) => state)).toEqual(['failed', 'sent']);
    const troubled = await deliveryList(store, { project: '', incidentId: '', isTroubled: true, limit: 10 });
    expect(troubled.map(({ receiver, error }) => [receiver, error])).toEqual([
      ['slack', 'no such channel'],
      ['oncall', ''],
    ]);
  });

  it('are summed by receiver', async () => {
    expect(await receiverTotals(store, { project: 'a', since: new Date(T0 - MINUTE) })).toEqual([
      {
        receiver: 'slack',
        sent: 1,
        waiting: 0,
        failed: 1,
        lastSentAt: new Date(T0 + 1_000),
        lastError: 'no such channel',
      },
    ]);
    expect(await receiverTotals(store, { project: 'a', since: new Date(T0 + 2 * MINUTE) })).toEqual([]);
  });
});

it('marks a change of what was counted, and of what was said', async () => {
  const now = new Date(T0 + 10 * MINUTE);
  const before = await changeMarks(store, now);
  expect(await changeMarks(store, now)).toEqual(before);
  await insert('silences', [
    { id: 's', ends_at: sql(T0), starts_at: sql(T0), created_at: sql(T0), revision: '2027-01-01 00:00:00' },
  ]);
  const after = await changeMarks(store, now);
  expect(after.alerts).not.toBe(before.alerts);
  expect(after.data).toBe(before.data);
});
