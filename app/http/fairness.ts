import { type Request, type RequestHandler, Router } from 'express';
import type { FairnessReport } from '../fairness/report.ts';
import type { FairnessRequestBody } from '../fairness/request.ts';

/** GET /fairness?model=&last=7d&match_by=tier&label=attribute.hired&prediction=score:approved : groups against the rest. */
export function fairnessRoutes({
  report,
  projectOf,
  read = (_req, _res, next) => next(),
}: {
  readonly report: (body: FairnessRequestBody) => Promise<FairnessReport>;
  /** The one project that this request may read; empty for all. */
  readonly projectOf: (request: Request) => string;
  /** Gate of who may read, if the router is mounted without one. */
  readonly read?: RequestHandler;
}): Router {
  const router = Router();
  router.get('/fairness', read, async (req, res) => {
    // A key of one project reads that one, whatever is asked for.
    const project = projectOf(req);
    const asked = req.query as FairnessRequestBody;
    res.json(await report({ ...asked, ...(project === '' ? {} : { project }) }));
  });
  return router;
}
