import { setTimeout as sleep } from 'node:timers/promises';
import { type RequestHandler, Router } from 'express';
import type { Clock } from '../../core/clock.ts';
import type { WriterStats } from '../../ingest/writer.ts';
import type { LoopHealth } from '../loop.ts';

export interface HealthDeps {
  readonly clock: Clock;
  readonly startedAt: Date;
  /** Rejects when the store cannot be used; null where it is not needed. */
  readonly ping: (() => Promise<void>) | null;
  readonly loops: () => readonly LoopHealth[];
  /** What else must work, by name. */
  readonly checks: () => Readonly<Record<string, Check>>;
  /** What an operator should know although the service is ready. */
  readonly warnings: () => readonly string[];
}

/** One thing that must work, and what is wrong with it. */
export type Check = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, Check>>;
  readonly warnings: readonly string[];
}

const PING_TIMEOUT_MS = 3000;
/** A loop is stalled when it has not succeeded for this many of its periods, */
const PERIODS_MAX = 5;
/** but never before this: a busy machine may skip a few short ones. */
const STALL_MS_MIN = 15_000;
/** Rows that wait this long for an insert wait for a store that has stopped. */
const WRITER_STALL_MS = 30_000;

/** What works of what the process needs, asked anew each time; callers at one moment share the look at the store. */
export function createReadiness(deps: HealthDeps): () => Promise<Readiness> {
  const { ping: reach } = deps;
  const ping = shared(async () => (reach ? { store: await pingCheck(reach) } : {}));
  return async () => readinessOf(deps, await ping());
}

/** GET /healthz, /livez : the process answers. GET /readyz : 200 if all that it needs works, else 503 with what does not. */
export function healthRoutes(readinessNow: () => Promise<Readiness>): Router {
  const alive: RequestHandler = (_req, res) => {
    res.json({ status: 'ok' });
  };
  return Router()
    .get('/healthz', alive)
    .get('/livez', alive)
    .get('/readyz', async (_req, res) => {
      const readiness = await readinessNow();
      res.status(readiness.ready ? 200 : 503).json(readiness);
    });
}

function readinessOf(deps: HealthDeps, store: Readonly<Record<string, Check>>): Readiness {
  const now = deps.clock.now();
  const checks: Record<string, Check> = { ...store };
  for (const loop of deps.loops())
    checks[`loop ${loop.name}`] = loopCheck(loop, { now, startedAt: deps.startedAt });
  Object.assign(checks, deps.checks());
  return {
    ready: Object.values(checks).every(({ ok }) => ok),
    checks,
    warnings: deps.warnings(),
  };
}

/** Whether a loop goes on: its last success (or the start) is no older than a few of its periods and turns. */
export function loopCheck(loop: LoopHealth, { now, startedAt }: { now: Date; startedAt: Date }): Check {
  const since = loop.lastSuccessAt ?? startedAt;
  const ageMs = now.getTime() - since.getTime();
  const allowedMs = Math.max(STALL_MS_MIN, PERIODS_MAX * (loop.periodMs + loop.lastDurationMs));
  if (ageMs <= allowedMs) return { ok: true };
  const seconds = Math.round(ageMs / 1000);
  const failure = loop.lastError === null ? 'its turn does not end' : 'its turns fail; see the log';
  return { ok: false, reason: `no progress for ${seconds} s: ${failure}` };
}

/** Whether what waits in each writer gets stored, by what it writes. */
export function writerChecks(
  writers: Readonly<Record<string, WriterStats>>,
  now: Date,
): Record<string, Check> {
  return Object.fromEntries(
    Object.entries(writers).map(([kind, stats]) => [`writer ${kind}`, writerCheck(stats, now)]),
  );
}

/** Whether rows that wait get stored. */
export function writerCheck(stats: WriterStats, now: Date): Check {
  const ageMs = now.getTime() - stats.lastProgressAt.getTime();
  if (stats.queuedRows === 0 || ageMs <= WRITER_STALL_MS) return { ok: true };
  return {
    ok: false,
    reason: `${stats.queuedRows} rows wait, none stored for ${Math.round(ageMs / 1000)} s`,
  };
}

async function pingCheck(ping: () => Promise<void>): Promise<Check> {
  const ended = new AbortController();
  const timeout = sleep(PING_TIMEOUT_MS, 'late' as const, { signal: ended.signal, ref: false });
  try {
    const outcome = await Promise.race([ping(), timeout]);
    return outcome === 'late' ? { ok: false, reason: 'it does not answer' } : { ok: true };
  } catch {
    return { ok: false, reason: 'it cannot be reached' };
  } finally {
    timeout.catch(() => {});
    ended.abort();
  }
}

/** One call at a time; who asks meanwhile shares its answer. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= ask().finally(() => {
      asked = null;
    });
    return asked;
  };
}
