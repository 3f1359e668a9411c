import { Router } from 'express';
import { type Intake, type IntakeOptions, ingestRoute } from './ingest-route.ts';

/** POST /inferences : lines of JSON or a JSON array of inferences. */
export function inferenceRoutes(intake: Intake, options: IntakeOptions): Router {
  return Router().post('/inferences', ingestRoute('inference', intake, options));
}
