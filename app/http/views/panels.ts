import { type Request, Router } from 'express';
import { z } from 'zod';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import {
  PANEL_DASHBOARDS,
  PANEL_RANGES,
  type PanelDashboardName,
  type PanelRange,
  type PanelRows,
  type PanelsAnswer,
  type PanelVariableLine,
} from '../../../dashboards/page/api-panels.ts';
import { DASHBOARDS, panelsOf } from '../../../dashboards/panels/catalogue.ts';
import { expandSql, type PanelContext } from '../../../dashboards/panels/expand.ts';
import type { PanelDashboard } from '../../../dashboards/panels/panel.ts';
import { PANEL_ROWS_MAX } from '../../../sql/queries/panel-rows.ts';
import { createAnswerCache } from './answer-cache.ts';
import type { ViewReader } from './view-reader.ts';

const HOUR_MS = 3_600_000;
const RANGE_MS: Readonly<Record<PanelRange, number>> = {
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 168 * HOUR_MS,
  '30d': 720 * HOUR_MS,
  '90d': 2160 * HOUR_MS,
};
const POINTS = 120;
const MINUTE_MS = 60_000;
/** Viewers of the same panel share one answer; the store is asked for a few at a time, and ingest for its own meanwhile. */
const CACHE = { ageMsMax: 10_000, entriesMax: 500, atOnceMax: 3 };

const Params = z.object({ dashboard: z.enum(PANEL_DASHBOARDS) });
const PanelParams = Params.extend({ panel: z.string().max(100) });
const Chosen = z.string().max(1000).optional();
const Query = z.object({
  range: z.enum(PANEL_RANGES).default('24h'),
  project: Chosen,
  model: Chosen,
  version: Chosen,
  signal: Chosen,
  attribute: Chosen,
});
type Asked = z.infer<typeof Query>;
const UNCHOSEN = { project: '', model: '', version: '', signal: '', attribute: '' };

export interface PanelRouteOptions {
  readonly reader: Pick<ViewReader, 'panelRows' | 'streamTotals'>;
  readonly clock: Clock;
  readonly projectOf: (request: Request) => string;
}

/** GET /panels/:dashboard and /panels/:dashboard/:panel : the panels of dashboards/panels, as dashboards/page/api-panels.ts says it. */
export function panelRoutes({ reader, clock, projectOf }: PanelRouteOptions): Router {
  const rowsCached = createAnswerCache<PanelRows>(CACHE);
  const choicesCached = createAnswerCache<readonly PanelVariableLine[]>({ ...CACHE, ageMsMax: MINUTE_MS });
  const router = Router();

  router.get('/panels/:dashboard', async (req, res) => {
    const name = Params.parse(req.params).dashboard;
    const [asked, project, now] = [Query.parse(req.query), projectOf(req), clock.now()];
    const dashboard = dashboardOf(name);
    const variables = await choicesCached(JSON.stringify([name, asked, project]), now, async () =>
      variableLines(reader, dashboard, {
        asked,
        project,
        ...(await spanOf(reader, { asked, project, now })),
      }),
    );
    res.json(panelsAnswer(name, { variables, now }));
  });

  router.get('/panels/:dashboard/:panel', async (req, res) => {
    const { dashboard: name, panel: id } = PanelParams.parse(req.params);
    const [asked, project, now] = [Query.parse(req.query), projectOf(req), clock.now()];
    const panel = panelsOf(dashboardOf(name)).find((candidate) => candidate.id === id);
    if (!panel || panel.sql === '') throw new AppError('not_found', `${name} has no panel ${id} with data`);
    const answer = await rowsCached(JSON.stringify([id, asked, project]), now, async () => {
      const span = await spanOf(reader, { asked, project, now });
      const sql = expandSql(panel.sql, contextOf({ asked, project, ...span }));
      const rows = await reader.panelRows({ sql, project });
      return {
        since: span.since.toISOString(),
        until: span.until.toISOString(),
        rows,
        isCut: rows.length >= PANEL_ROWS_MAX,
      };
    });
    res.json(answer);
  });
  return router;
}

function dashboardOf(name: PanelDashboardName): PanelDashboard {
  const found = DASHBOARDS.find(({ uid }) => uid === `plumbline-${name}`);
  if (!found) throw new AppError('not_found', `there is no dashboard ${name}`);
  return found;
}

function panelsAnswer(
  name: PanelDashboardName,
  { variables, now }: { variables: readonly PanelVariableLine[]; now: Date },
): PanelsAnswer {
  const { title, purpose, rows } = dashboardOf(name);
  return {
    now: now.toISOString(),
    dashboard: name,
    title: title.replace(/^Plumbline: /, ''),
    purpose,
    variables,
    rows: rows.map((row) => ({
      title: row.title,
      panels: row.panels.map(({ sql: _, number: __, height: ___, ...line }) => line),
    })),
  };
}

interface Span {
  readonly since: Date;
  readonly until: Date;
}

/** Up to now; of what fell silent before that, up to its last inference, so that there is something to see. */
async function spanOf(
  reader: Pick<ViewReader, 'streamTotals'>,
  { asked, project, now }: { asked: Asked; project: string; now: Date },
): Promise<Span> {
  const spanMs = RANGE_MS[asked.range];
  const [last] = await reader.streamTotals({ project, stream: null, segment: '', now, limit: 1 });
  const isSilent = last !== undefined && last.lastSeen.getTime() < now.getTime() - spanMs;
  const end = isSilent ? last.lastSeen.getTime() : now.getTime();
  const until = new Date(Math.ceil(end / MINUTE_MS) * MINUTE_MS);
  return { since: new Date(until.getTime() - spanMs), until };
}

/** A key for one project chooses that one, whatever was asked for; the store filters by it once more. */
function contextOf({ asked, project, since, until }: Span & { asked: Asked; project: string }): PanelContext {
  const { range: _, ...chosen } = asked;
  const variables = Object.fromEntries(
    Object.entries({ ...UNCHOSEN, ...chosen }).map(([name, value]) => [
      name,
      value === undefined || value === '' ? null : value,
    ]),
  );
  return {
    since,
    until,
    intervalMs: Math.ceil((until.getTime() - since.getTime()) / POINTS / MINUTE_MS) * MINUTE_MS,
    variables: project === '' ? variables : { ...variables, project },
  };
}

/** What can be chosen of each variable; one that must have a value has its first. */
async function variableLines(
  reader: Pick<ViewReader, 'panelRows'>,
  { variables }: PanelDashboard,
  asked: Span & { asked: Asked; project: string },
): Promise<PanelVariableLine[]> {
  const context = contextOf(asked);
  const lines: PanelVariableLine[] = [];
  for (const { name, label, isMulti, sql } of variables) {
    const rows = await reader.panelRows({ sql: expandSql(sql, context), project: asked.project });
    const choices = rows.map((row) => String(Object.values(row)[0] ?? '')).filter((choice) => choice !== '');
    const given = String(context.variables[name] ?? '');
    lines.push({
      name,
      label,
      isMulti,
      choices,
      chosen: given !== '' || isMulti ? given : (choices[0] ?? ''),
    });
  }
  return lines;
}
