import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPanelStore, type PanelStore } from '../../test/support/panel-store.ts';
import { DASHBOARDS, panelsOf } from './catalogue.ts';
import { expandSql, type PanelContext } from './expand.ts';
import type { Panel, PanelKind } from './panel.ts';

const HOUR_MS = 3_600_000;
let data: PanelStore;
beforeAll(async () => {
  data = await openPanelStore();
}, 120_000);
afterAll(() => data.close());

const ALL = { project: null, model: null, version: null, signal: 'latency_ms', attribute: 'region' };
const context = (hours: number, variables: PanelContext['variables'] = ALL): PanelContext => ({
  since: new Date(data.until.getTime() - hours * HOUR_MS),
  until: data.until,
  intervalMs: Math.max(60_000, (hours * HOUR_MS) / 600),
  variables,
});
const rows = (sql: string, given: PanelContext): Promise<Record<string, unknown>[]> =>
  data.store.rows(expandSql(sql, given)) as Promise<Record<string, unknown>[]>;
const types = async (sql: string, given: PanelContext): Promise<[name: string, type: string][]> => {
  const found = await data.store.rows(`DESCRIBE (${expandSql(sql, given)})`);
  return (found as { name: string; type: string }[]).map(({ name, type }) => [name, type]);
};

const allPanels = DASHBOARDS.flatMap(panelsOf);
const asked = allPanels.filter((panel) => panel.kind !== 'text');

const plain = (type: string): string =>
  type.replace(/^(?:LowCardinality|Nullable)\((.*)\)$/, '$1').replace(/^Nullable\((.*)\)$/, '$1');
const shape = (type: string): string => {
  if (/^DateTime/.test(plain(type))) return 'time';
  if (/^(U?Int|Float)\d/.test(plain(type))) return 'number';
  return plain(type) === 'String' ? 'text' : type;
};

const SHAPES: Readonly<Record<PanelKind, RegExp>> = {
  timeseries: /^time:time( series:text)?( \w+:number)+$/,
  stat: /^value:number$/,
  table: /./,
  statetimeline: /^time:time lane:text \w+:number$/,
  barchart: /^\w+:text( \w+:number)+$/,
  heatmap: /^time:time row:text \w+:number$/,
  text: /^$/,
};

describe.each(asked)('$id', (panel: Panel) => {
  it('gives columns that suit its kind', async () => {
    const found = await types(panel.sql, context(24));
    expect(found.map(([name, type]) => `${name}:${shape(type)}`).join(' ')).toMatch(SHAPES[panel.kind]);
    if (panel.kind === 'table')
      expect(found.map(([name]) => name)).toEqual(panel.columns.map(({ name }) => name));
  });

  it.each([24, 24 * 30])('has rows, in order of time, over %i hours', async (hours) => {
    const found = await rows(panel.sql, context(hours));
    expect(found.length).toBeGreaterThan(0);
    if (panel.kind === 'stat') expect(found).toHaveLength(1);
    if (found[0]?.['time'] === undefined) return;
    const times = found.map((row) => String(row['time']));
    expect(times).toEqual([...times].sort());
    const [lane] = (await types(panel.sql, context(hours))).filter(([, type]) => shape(type) === 'text');
    const keys = found.map((row) => `${row['time']}|${lane ? row[lane[0]] : ''}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('can be asked for one project, model and version, and where there is nothing', async () => {
    const chosen = { ...ALL, project: ['default', "o'neil\\"], model: ['gpt'], version: ['2'] };
    await rows(panel.sql, context(24, chosen));
    const nothing = await rows(
      panel.sql,
      context(24, { ...ALL, project: 'nobody', model: 'none', signal: 'no', attribute: 'no' }),
    );
    if (panel.kind === 'stat') expect(nothing.length).toBeLessThanOrEqual(1);
    else if (!['incidents-silences'].includes(panel.id)) expect(nothing).toEqual([]);
  });
});
