import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../core/config.ts';
import { AppError } from '../../core/errors.ts';
import type { Store } from '../../sql/client.ts';
import { askServer } from '../keys/admin-client.ts';
import { runningServer } from '../keys/open-key-admin.ts';
import type { MeasuredRow } from '../measure.ts';
import { openMigratedStore } from '../store.ts';
import { FairnessReport, fairnessReport } from './report.ts';
import { type FairnessRequestBody, fairnessPlan } from './request.ts';

/** Reports at once in a process: each holds some 100 MB, and others wait for the same cores. */
const AT_ONCE_MAX = 2;
/** Of a store, when nothing is said: a million inferences take ten seconds. */
const LAST_MS = 7 * 86_400_000;
/** Of files: all there is. */
const EVER_MS = Number.MAX_SAFE_INTEGER;
/** So that no record of a file is too old for the store; a later end than 2106 is beyond the engine's instants. */
const KEPT_DAYS = 9_000;

/** Reports of an open store. @throws AppError `overloaded`, and `invalid_input` for what is not understood */
export function fairnessReporter(
  store: Store,
  config: Config,
): (body: FairnessRequestBody) => Promise<FairnessReport> {
  let running = 0;
  return async (body) => {
    const plan = fairnessPlan(body, { now: new Date(), lastMs: LAST_MS, config });
    if (running >= AT_ONCE_MAX)
      throw new AppError('overloaded', `${AT_ONCE_MAX} comparisons of groups are running; try again`);
    running++;
    try {
      return await fairnessReport(store, plan);
    } finally {
      running--;
    }
  };
}

/** By way of the server that has the settings' folder open, if there is one, else from the store itself. */
export async function storedFairness(config: Config, body: FairnessRequestBody): Promise<FairnessReport> {
  const server = await runningServer(config);
  if (server !== null)
    return FairnessReport.parse(await askServer(server, 'GET', `/fairness?${new URLSearchParams(body)}`));
  const { store } = await openMigratedStore(config);
  try {
    return await fairnessReporter(store, config)(body);
  } finally {
    await store.close();
  }
}

/**
 * Of inferences that are in no store: they get one of their own for the time, so that they are counted as stored ones are.
 *
 * @param feed gives out the measured rows
 */
export async function fairnessOfRows(
  config: Config,
  body: FairnessRequestBody,
  feed: (take: (rows: readonly MeasuredRow[]) => Promise<void>) => Promise<void>,
): Promise<FairnessReport> {
  // Before anything is read: what is not understood should not take a minute to be told.
  const plan = fairnessPlan(body, { now: new Date(), lastMs: EVER_MS, config });
  const folder = await mkdtemp(join(tmpdir(), 'plumbline-fairness-'));
  try {
    const own = { CLICKHOUSE_URL: undefined, DATA_DIR: folder, RETENTION_INFERENCES_DAYS: KEPT_DAYS };
    const { store } = await openMigratedStore({ ...config, ...own });
    try {
      await feed((rows) => insertRows(store, rows));
      return await fairnessReport(store, plan);
    } finally {
      await store.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function insertRows(store: Store, rows: readonly MeasuredRow[]): Promise<void> {
  if (rows.length === 0) return;
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  await store.insertLines('inferences', Buffer.from(lines), {
    date_time_input_format: 'best_effort',
    input_format_json_read_objects_as_strings: 1,
    input_format_json_read_arrays_as_strings: 1,
    // Recorded history spans many months, one partition each.
    max_partitions_per_insert_block: 1_000,
  });
}
