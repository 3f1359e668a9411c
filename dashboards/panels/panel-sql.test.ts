import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPanelStore, type PanelStore } from '../../test/support/panel-store.ts';
import { ALERT_SQL } from './alert-sql.ts';
import { DASHBOARDS, panelsOf } from './catalogue.ts';
import { expandSql, type PanelContext } from './expand.ts';
import { incidentAnnotations } from './incident-panels.ts';
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

describe('variables', () => {
  const choices = async (name: string, chosen: PanelContext['variables'] = ALL): Promise<unknown[]> => {
    const variable = DASHBOARDS.flatMap((one) => one.variables).find((one) => one.name === name);
    const found = await rows(variable?.sql ?? '', context(24 * 30, chosen));
    expect(found.every((row) => Object.keys(row).join() === 'value')).toBe(true);
    return found.map((row) => row['value']);
  };

  it('give what there is, in order', async () => {
    expect(await choices('project')).toEqual(['default', 'shop']);
    expect(await choices('model')).toEqual(['gpt', 'llama']);
    expect(await choices('version')).toEqual(['1', '2', 'not declared']);
    expect(await choices('attribute')).toEqual(['region']);
    const signals = await choices('signal');
    expect(signals[0]).toBe('response_words');
    expect(signals).toContain('score:correct');
    expect(signals).not.toContain('inferences');
    expect(signals).not.toContain('language');
  });

  it('give what is left after a choice before them', async () => {
    expect(await choices('version', { ...ALL, model: ['llama'] })).toEqual(['not declared']);
    expect(await choices('model', { ...ALL, project: ['nobody'] })).toEqual([]);
  });
});

describe('incidents', () => {
  it('are annotations with a beginning, an end, a text and tags; none that nobody is shown', async () => {
    const found = await rows(incidentAnnotations, context(24));
    const shapes = await types(incidentAnnotations, context(24));
    expect(shapes.map(([name, type]) => `${name}:${shape(type)}`).join(' ')).toBe(
      'time:time timeEnd:time text:text tags:text',
    );
    const ids = found.map((row) => /^incident:(\w+),/.exec(String(row['tags']))?.[1]).sort();
    expect(ids).toEqual(['closed', 'open', 'other', 'recovering']);
  });

  it('that are open regressions, and no others, are what the alert rule fires for', async () => {
    const found = (await data.store.rows(ALERT_SQL)) as Record<string, unknown>[];
    expect(found.map((row) => [row['incident'], row['severity'], row['value']])).toEqual([
      ['open', 'critical', 3],
      ['recovering', 'warning', 2],
    ]);
    // Grafana makes labels of the texts and wants exactly one number, above 0.
    const shapes = (await types(ALERT_SQL, context(24))).map(([name, type]) => [name, shape(type)]);
    expect(shapes.filter(([, kind]) => kind !== 'text')).toEqual([['value', 'number']]);
    expect(ALERT_SQL).not.toContain('$');
  });

  it('are counted as the panels say', async () => {
    const value = async (id: string): Promise<unknown> =>
      (await rows(allPanels.find((one) => one.id === id)?.sql ?? '', context(24)))[0]?.['value'];
    expect(Number(await value('incidents-open-regressions'))).toBe(2);
    expect(Number(await value('incidents-open'))).toBe(3);
    expect(Number(await value('incidents-nobody'))).toBe(1);
    expect(Number(await value('incidents-opened'))).toBe(4);
    expect(Number(await value('incidents-duration'))).toBe(7200);
    expect(Number(await value('incidents-undelivered'))).toBe(1);
  });

  it('have lanes that begin at the severity and end at 0', async () => {
    const found = await rows(allPanels.find((one) => one.id === 'incidents-lanes')?.sql ?? '', context(24));
    const closed = found.filter((row) => String(row['lane']).endsWith(': length'));
    expect(closed.map((row) => Number(row['severity']))).toEqual([1, 0]);
  });
});

it('every panel has an id and a number of its own, and is of a dashboard that Grafana can name', () => {
  expect(new Set(allPanels.map(({ id }) => id)).size).toBe(allPanels.length);
  expect(new Set(allPanels.map(({ number }) => number)).size).toBe(allPanels.length);
  for (const { id, question, kind, text } of allPanels) {
    expect(question, id).toMatch(/[?.]$/);
    if (kind === 'text') expect(text).not.toBe('');
  }
});
