import express, { type Request, Router } from 'express';
import { z } from 'zod';
import type { Gatekeeper } from '../gate/open-gate.ts';
import type { GateRequestBody } from '../gate/request.ts';

const CanaryId = z.object({ id: z.string().min(1).max(100) });

/** POST / : two selections compared, or one more look at a canary. GET /:id : what is known of a canary. Mounted at /v1/compare. */
export function compareRoutes({
  gatekeeper,
  projectOf,
}: {
  readonly gatekeeper: Gatekeeper;
  /** The one project that this request may read; empty for all. */
  readonly projectOf: (request: Request) => string;
}): Router {
  const router = Router();
  router.post('/', express.json({ limit: '64kb' }), async (req, res) => {
    res.json(await gatekeeper.compare(projectOf(req), (req.body ?? {}) as GateRequestBody));
  });
  router.get('/:id', async (req, res) => {
    const { id } = CanaryId.parse(req.params);
    res.json(await gatekeeper.canary(projectOf(req), id));
  });
  return router;
}
