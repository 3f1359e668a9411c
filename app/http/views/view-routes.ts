import { Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../../core/errors.ts';
import { incidentLine } from '../../../dashboards/page/answers.ts';
import type { IncidentList } from '../../../dashboards/page/api.ts';
import { RANGES } from '../../../dashboards/page/api.ts';
import { createEmbeddingMaps } from './embeddings.ts';
import { incidentDetail } from './incident.ts';
import { overview } from './overview.ts';
import { panelRoutes } from './panels.ts';
import { pipelineAnswer } from './pipeline.ts';
import { rulesAnswer } from './rules.ts';
import { runbookAnswer } from './runbook.ts';
import { segmentsAnswer } from './segments.ts';
import { StreamQuery, seriesAnswer, streamDetail } from './stream.ts';
import type { ViewOptions } from './view-reader.ts';

const INCIDENTS_MAX = 500;

const SeriesQueryString = StreamQuery.extend({ range: z.enum(RANGES).default('24h') });
const IncidentsQuery = z.object({ state: z.enum(['open', 'all']).default('open') });
const MapQuery = StreamQuery.extend({ incident: z.string().min(1).max(200).optional() });
const IncidentId = z.object({ id: z.string().min(1).max(200) });

/** GET /overview, /series, /stream, /incidents and /incidents/:id, /segments, /embeddings, /rules, /runbooks/:name, /pipeline, /panels/… : what the page shows, as dashboards/page/api.ts says it. */
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
      incidents: incidents.filter(({ mutedBy }) => state === 'all' || mutedBy === '').map(incidentLine),
    };
    res.json(answer);
  });
  router.get('/incidents/:id', async (req, res) => {
    const { id } = IncidentId.parse(req.params);
    const incident = await reader.incidentById({ project: projectOf(req), id });
    if (!incident) throw new AppError('not_found', 'no incident has this id');
    res.json(await incidentDetail(reader, incident, clock.now()));
  });
  router.get('/segments', async (req, res) => {
    const { range, ...stream } = SeriesQueryString.parse(req.query);
    res.json(await segmentsAnswer(reader, { stream, range, project: projectOf(req), now: clock.now() }));
  });
  const embeddingMap = createEmbeddingMaps(reader);
  router.get('/embeddings', async (req, res) => {
    const { incident = null, ...stream } = MapQuery.parse(req.query);
    res.json(await embeddingMap({ stream, incidentId: incident, project: projectOf(req), now: clock.now() }));
  });
  router.get('/rules', async (req, res) => {
    res.json(await rulesAnswer(reader, { project: projectOf(req), now: clock.now() }));
  });
  router.get('/runbooks/:name', async (req, res) => {
    res.json(await runbookAnswer(req.params.name));
  });
  router.get('/pipeline', async (req, res) => {
    res.json(await pipelineAnswer(reader, { project: projectOf(req), now: clock.now() }));
  });
  router.use(panelRoutes({ reader, clock, projectOf }));
  return router;
}
