import { expect, it } from 'vitest';
import { composeDashboards } from './compose.ts';
import type { Json } from './ids.ts';
import { lintDashboard } from './lint.ts';

const PAGE = { pageUrl: 'http://page' };

it.each(composeDashboards(PAGE).map((one) => [String(one['uid']), one] as const))(
  'finds nothing in %s',
  (_uid, dashboard) => {
    expect(lintDashboard(dashboard)).toEqual([]);
  },
);

type Change = (
  dashboard: Json & { panels: (Json & Record<string, never>)[]; templating: { list: Json[] } },
) => void;
const target = (panel: Json | undefined): Json => ((panel?.['targets'] as Json[]) ?? [])[0] ?? {};
const panelOf = (dashboard: { panels: Json[] }, id: number): Json =>
  dashboard.panels.find((panel) => panel['id'] === id) ?? {};

const FAULTS: readonly (readonly [string, RegExp, Change])[] = [
  ['no uid', /no uid/, (d) => Object.assign(d, { uid: '' })],
  ['a long uid', /longer than 40/, (d) => Object.assign(d, { uid: 'u'.repeat(41) })],
  ['no title', /no title/, (d) => Object.assign(d, { title: '' })],
  ['an id of a server', /id of a server/, (d) => Object.assign(d, { id: 7 })],
  ['rows of old', /has rows/, (d) => Object.assign(d, { rows: [] })],
  [
    'two variables of a name',
    /two variables are named model/,
    (d) => d.templating.list.push({ name: 'model' }),
  ],
  ['no data source to choose', /exactly one variable for the data source/, (d) => d.templating.list.shift()],
  ['two panels of an id', /two panels have the id 101/, (d) => Object.assign(panelOf(d, 102), { id: 101 })],
  ['an id that is none', /0 is no id/, (d) => Object.assign(panelOf(d, 102), { id: 0 })],
  [
    'a panel beyond the grid',
    /beyond the 24/,
    (d) => Object.assign(panelOf(d, 101), { gridPos: { x: 22, y: 99, w: 4, h: 4 } }),
  ],
  [
    'a panel over another',
    /lies over/,
    (d) => Object.assign(panelOf(d, 102), { gridPos: { ...(panelOf(d, 101)['gridPos'] as Json) } }),
  ],
  ['a panel without a place', /no place/, (d) => delete panelOf(d, 101)['gridPos']],
  ['no description', /no description/, (d) => Object.assign(panelOf(d, 101), { description: '' })],
  ['no query', /asks nothing/, (d) => Object.assign(panelOf(d, 101), { targets: [] })],
  [
    'two queries of an id',
    /two queries A/,
    (d) => (panelOf(d, 101)['targets'] as Json[]).push(target(panelOf(d, 101))),
  ],
  [
    'a unit that is none',
    /unit furlong/,
    (d) => Object.assign((panelOf(d, 101)['fieldConfig'] as Json)['defaults'] as Json, { unit: 'furlong' }),
  ],
  [
    'a data source of one installation',
    /does not ask the data source/,
    (d) => Object.assign(target(panelOf(d, 101)), { datasource: { type: 'x', uid: 'mine' } }),
  ],
  [
    'thresholds that fall',
    /do not rise/,
    (d) =>
      Object.assign((panelOf(d, 103)['fieldConfig'] as Json)['defaults'] as Json, {
        thresholds: { steps: [{ value: null }, { value: 5 }, { value: 1 }] },
      }),
  ],
  [
    'a variable that is none',
    /\$stage is used/,
    (d) => Object.assign(panelOf(d, 101), { title: 'Of $stage' }),
  ],
  [
    'an unescaped variable',
    /\$\{model\} stands in a query/,
    (d) => Object.assign(target(panelOf(d, 101)), { rawSql: `SELECT '\${model}'` }),
  ],
];

it.each(FAULTS)('finds %s', (_what, problem, change) => {
  const [dashboard] = structuredClone(composeDashboards(PAGE)) as never[];
  change(dashboard as never);
  expect(lintDashboard(dashboard as never).join('\n')).toMatch(problem);
});
