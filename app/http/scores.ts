import { Router } from 'express';
import { type Intake, type IntakeOptions, ingestRoute } from './ingest-route.ts';

/** POST /scores : lines of JSON or a JSON array of scores, each for an inference by its id. */
export function scoreRoutes(intake: Intake, options: IntakeOptions): Router {
  return Router().post('/scores', ingestRoute('score', intake, options));
}
