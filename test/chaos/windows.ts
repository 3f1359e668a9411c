import { expect } from 'vitest';
import { until } from './form.ts';
import type { Installation } from './installation.ts';

const MINUTE_MS = 60_000;

interface Window {
  readonly since: number;
  readonly until: number;
  readonly verdicts: number;
}

/**
 * Waits until the stream's windows are judged up to now, and checks that they follow each other; gives their number.
 * A window is missing if it had records in time and no finding speaks of it. A record that was stamped an hour early, and came before
 * anything was judged, has a window of its own, with nothing between it and the others: those before `firstMs` are left out.
 */
export async function expectWindowsInARow(
  installation: Installation,
  { project, firstMs }: { project: string; firstMs: number },
): Promise<number> {
  const startMs = Date.now();
  const found = await until(`windows of ${project} up to now`, {
    read: () => windowsOf(installation, project),
    isDone: (all) => (all.at(-1)?.until ?? 0) >= startMs - MINUTE_MS,
  });
  const windows = found.filter(({ since }) => since >= firstMs);
  expect(windows.length).toBeGreaterThan(0);
  for (const [at, window] of windows.entries()) {
    expect(window.until - window.since).toBe(MINUTE_MS);
    expect(window.verdicts, `findings of the window until ${window.until}`).toBe(1);
    if (at > 0) expect(window.since).toBe(windows[at - 1]?.until);
  }
  return windows.length;
}

async function windowsOf({ store }: Installation, project: string): Promise<Window[]> {
  const rows = await store.rows(
    `SELECT toUnixTimestamp64Milli(since) AS since_ms, toUnixTimestamp64Milli(until) AS until_ms, count() AS verdicts
       FROM findings FINAL WHERE project = {project: String} AND signal = 'latency_ms' AND segment = ''
      GROUP BY since_ms, until_ms ORDER BY until_ms, since_ms`,
    { project },
  );
  return rows.map((row) => {
    const { since_ms, until_ms, verdicts } = row as Record<string, unknown>;
    return { since: Number(since_ms), until: Number(until_ms), verdicts: Number(verdicts) };
  });
}
