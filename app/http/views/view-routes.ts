import { Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../../core/errors.ts';
import { incidentLine } from '../../../dashboards/page/answers.ts';
import type { IncidentList } from '../../../dashboards/page/api.ts';
import { RANGES } from '../../../dashboards/page/api.ts';
import { incidentDetail } from './incident.ts';
import { overview } from './overview.ts';
import { StreamQuery, seriesAnswer, streamDetail } from './stream.ts';
import type { ViewOptions } from './view-reader.ts';

const INCIDENTS_MAX = 500;

const SeriesQueryString = StreamQuery.extend({ range: z.enum(RANGES).default('24h') });
const IncidentsQuery = z.object({ state: z.enum(['open', 'all']).default('open') });
const IncidentId = z.object({ id: z.string().min(1).max(200) });

/** GET /overview, /series, /stream, /incidents and /incidents/:id : what the page shows, as dashboards/page/api.ts says it. */
export function viewRoutes({ reader, clock, projectOf }: ViewOptions): Router {
  const router = Router();
  router.use((_req, res, next) => {
    res.set('Cache-Control', 'no-cache');
    next();
  });
  router.get('/overview', async (req, res) => {
    res.json(await overview(reader, { project: projectOf(req), now: clock.now() }));
  });
  router.get('/stream', async (req, res) => {
    const stream = StreamQuery.parse(req.query);
    res.json(await streamDetail(reader, { stream, project: projectOf(req), now: clock.now() }));
  });
  router.get('/series', async (req, res) => {
    const { range, ...stream } = SeriesQueryString.parse(req.query);
    res.json(await seriesAnswer(reader, { stream, range, project: projectOf(req), now: clock.now() }));
  });
  router.get('/incidents', async (req, res) => {
    const { state } = IncidentsQuery.parse(req.query);
    const incidents = await reader.incidentList({
      project: projectOf(req),
      stream: null,
      state: state === 'all' ? 'all' : 'unclosed',
      limit: INCIDENTS_MAX,
    });
    const answer: IncidentList = {
      now: clock.now().toISOString(),
      incidents: incidents.map(incidentLine),
    };
    res.json(answer);
  });
  router.get('/incidents/:id', async (req, res) => {
    const { id } = IncidentId.parse(req.params);
    const incident = await reader.incidentById({ project: projectOf(req), id });
    if (!incident) throw new AppError('not_found', 'no incident has this id');
    res.json(await incidentDetail(reader, incident, clock.now()));
  });
  return router;
}
