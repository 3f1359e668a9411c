import { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { CostQuery, CostReport } from '../cost/cost-report.ts';

export interface CostRouteOptions {
  readonly report: (query: Omit<CostQuery, 'now'>) => Promise<CostReport>;
  /** The one project that this request may reach; empty for all. */
  readonly projectOf: (request: Request) => string;
  /** Gate of who may read, if the router is mounted without one. */
  readonly read?: RequestHandler;
}

/** Longer reaches behind what is kept of inferences by default, and reads them all. */
const DAYS_MAX = 90;
const Query = z.strictObject({
  project: z.string().default(''),
  days: z.coerce.number().int().min(1).max(DAYS_MAX).default(30),
  by: z.enum(['stream', 'segment']).default('stream'),
});

/** GET /cost?project=&days=30&by=stream|segment : spend, budgets and capacity, for `plumbline cost` and others. */
export function costRoutes({
  report,
  projectOf,
  read = (_req, _res, next) => next(),
}: CostRouteOptions): Router {
  const router = Router();
  router.get('/cost', read, async (req, res) => {
    const query = Query.parse(req.query);
    // A key of one project reads that one, whatever is asked for.
    res.json(await report({ ...query, project: projectOf(req) || query.project }));
  });
  return router;
}
