import express, { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { AlertDesk, NewAcknowledgement, NewSilence } from '../alerting/desk.ts';

export interface AlertRouteOptions {
  readonly desk: AlertDesk;
  /** The one project that this request may reach; empty for all. */
  readonly projectOf: (request: Request) => string;
  /** Gates of who may read and who may change, if the router is mounted without one. */
  readonly gates?: { readonly read: RequestHandler; readonly write: readonly RequestHandler[] };
}

const State = z.object({ state: z.enum(['open', 'all']).default('open') });
const pass: RequestHandler = (_req, _res, next) => next();

/**
 * GET and POST /silences, DELETE /silences/:id, GET /incidents, POST /incidents/:id/acknowledge and /close : what people say to
 * alerts, for the page, `plumbline silences` and `plumbline incidents`.
 */
export function alertRoutes({
  desk,
  projectOf,
  gates = { read: pass, write: [] },
}: AlertRouteOptions): Router {
  const router = Router();
  // Only a body of JSON is read, which no foreign page can send without being asked first.
  const json = express.json({ limit: '64kb' });
  router.get('/silences', gates.read, async (req, res) => {
    res.json({ silences: await desk.silences(projectOf(req)) });
  });
  router.post('/silences', ...gates.write, json, async (req, res) => {
    res.status(201).json(await desk.silence(projectOf(req), (req.body ?? {}) as NewSilence));
  });
  router.delete('/silences/:id', ...gates.write, async (req, res) => {
    res.json(await desk.expire(projectOf(req), String(req.params['id'])));
  });
  router.get('/incidents', gates.read, async (req, res) => {
    const { state } = State.parse(req.query);
    res.json({ incidents: await desk.incidents(projectOf(req), state) });
  });
  router.post('/incidents/:id/acknowledge', ...gates.write, json, async (req, res) => {
    const wanted = (req.body ?? {}) as NewAcknowledgement;
    res.json(await desk.acknowledge(projectOf(req), String(req.params['id']), wanted));
  });
  router.post('/incidents/:id/close', ...gates.write, json, async (req, res) => {
    const wanted = (req.body ?? {}) as NewAcknowledgement;
    res.json(await desk.close(projectOf(req), String(req.params['id']), wanted));
  });
  return router;
}
