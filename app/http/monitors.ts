import { Router } from 'express';
import { z } from 'zod';
import type { MonitorReads } from '../monitor-reads.ts';
import { type PastWindowsAnswer, type StreamDetailAnswer, WINDOWS_MAX } from '../remote-monitor-reads.ts';

const Stream = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  segment: z.string(),
  since: z.coerce.date(),
  until: z.coerce.date(),
});
const History = Stream.extend({
  signal: z.string(),
  window_ms: z.coerce.number().int().min(60_000),
}).refine(
  ({ since, until, window_ms }) => until.getTime() - since.getTime() <= WINDOWS_MAX * window_ms,
  `expected at most ${WINDOWS_MAX} windows`,
);

/**
 * GET /monitors, /monitors/stream, /monitors/history : what `plumbline monitors` and `calibrate` read of a store that this
 * process has open. What they compute of it they compute themselves: minutes of it would keep records waiting here.
 */
export function monitorRoutes(reads: MonitorReads): Router {
  const router = Router();
  router.get('/monitors', async (_req, res) => {
    res.json(await reads.watched());
  });
  router.get('/monitors/stream', async (req, res) => {
    const { since, until, ...key } = Stream.parse(req.query);
    const { parts, sessionRows } = await reads.stream(key, { since, until });
    res.json({
      parts: Object.fromEntries(parts),
      session_rows: Object.fromEntries(sessionRows),
    } satisfies StreamDetailAnswer);
  });
  router.get('/monitors/history', async (req, res) => {
    const { since, until, signal, window_ms: windowMs, ...key } = History.parse(req.query);
    const windows = await reads.history({ key, signal }, { since, until, windowMs });
    res.json(
      windows.map(({ sinceMs, summary, categories }) => ({
        since_ms: sinceMs,
        count: summary.count,
        sum: summary.sum,
        sum_squares: summary.sumSquares,
        bins: [...summary.bins],
        categories: Object.fromEntries(categories),
      })) satisfies PastWindowsAnswer,
    );
  });
  return router;
}
