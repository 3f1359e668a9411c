import { Router } from 'express';
import { z } from 'zod';
import type { MonitorReads } from '../monitors/reads.ts';
import {
  type PastSessionsAnswer,
  type PastWindowsAnswer,
  type StreamDetailAnswer,
  WINDOWS_MAX,
} from '../monitors/remote-reads.ts';

const Stream = z.object({
  project: z.string(),
  model: z.string(),
  version: z.string(),
  segment: z.string(),
  since: z.coerce.date(),
  until: z.coerce.date(),
});
const Windows = Stream.extend({ window_ms: z.coerce.number().int().min(60_000) });
const isBounded = ({ since, until, window_ms }: z.output<typeof Windows>): boolean =>
  until.getTime() - since.getTime() <= WINDOWS_MAX * window_ms;
const TOO_MANY = `expected at most ${WINDOWS_MAX} windows`;
const History = Windows.extend({ signal: z.string() }).refine(isBounded, TOO_MANY);
const Sessions = Windows.refine(isBounded, TOO_MANY);

/**
 * GET /monitors, /monitors/stream, /monitors/history, /monitors/sessions : what `plumbline monitors` and `calibrate` read of a store that this
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
  router.get('/monitors/sessions', async (req, res) => {
    const { since, until, window_ms: windowMs, ...key } = Sessions.parse(req.query);
    const sessions = await reads.sessions(key, { since, until, windowMs });
    res.json(
      [...sessions].map(([since_ms, bySignal]) => ({
        since_ms,
        signals: Object.fromEntries(
          [...bySignal].map(([signal, { rows, squares, binSquares, rowsTimesBins }]) => [
            signal,
            [rows, squares, binSquares, rowsTimesBins] as [number, number, number, number],
          ]),
        ),
      })) satisfies PastSessionsAnswer,
    );
  });
  return router;
}
