import { createRequire } from 'node:module';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { Ajv, type ValidateFunction } from 'ajv';
import { createGenerator, type Schema } from 'ts-json-schema-generator';
import { beforeAll, describe, expect, it } from 'vitest';
import { alertRules } from './alert-rule.ts';
import { composeDashboards } from './compose.ts';
import { DATASOURCE, type Json } from './ids.ts';

// Grafana's own types, as JSON schemas: what a field may hold, and that there is no other.
const typesOf = (module: string): string =>
  createRequire(import.meta.url)
    .resolve(`@grafana/grafana-foundation-sdk/${module}`)
    .replace(/index\.js$/, 'types.gen.d.ts');

function schemaOf(module: string, type: string): Schema {
  return createGenerator({
    path: typesOf(module),
    type,
    skipTypeCheck: true,
    additionalProperties: false,
  }).createSchema(type);
}

/** The types leave a query open; this is the ClickHouse plugin's (src/types/sql.ts), without its builder. */
const QUERY = {
  type: 'object',
  additionalProperties: false,
  required: ['refId', 'datasource', 'editorType', 'queryType', 'format', 'pluginVersion', 'rawSql'],
  properties: {
    refId: { type: 'string', minLength: 1 },
    datasource: { const: DATASOURCE },
    editorType: { const: 'sql' },
    queryType: { enum: ['timeseries', 'table'] },
    format: { enum: [0, 1] },
    pluginVersion: { type: 'string', pattern: '^4\\.' },
    meta: { type: 'object' },
    rawSql: { type: 'string', minLength: 10 },
  },
};

function compile(
  module: string,
  type: string,
  change: (definitions: Record<string, Json>) => void = () => {},
): ValidateFunction {
  const schema = schemaOf(module, type);
  change((schema.definitions ?? {}) as unknown as Record<string, Json>);
  return new Ajv({ strict: false, allErrors: true }).compile(schema as Json);
}

const faults = (validate: ValidateFunction, value: unknown): string[] =>
  validate(value)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );

const firstTarget = (dashboard: Json): Json => {
  const panel = (dashboard['panels'] as Json[]).find((one) => 'targets' in one);
  return ((panel?.['targets'] ?? []) as Json[])[0] ?? {};
};

const dashboards = composeDashboards({ pageUrl: 'http://page' });
const panels = dashboards.flatMap((dashboard) =>
  (dashboard['panels'] as Json[]).map((panel) => [`${dashboard['uid']} ${panel['id']}`, panel] as const),
);

/** Without one of these it is valid, and of no use. */
const NEEDED: readonly (keyof Dashboard)[] = [
  'uid',
  'title',
  'description',
  'tags',
  'time',
  'refresh',
  'panels',
  'links',
];

describe('a dashboard', () => {
  it.each(dashboards.map((one) => [String(one['uid']), one] as const))(
    '%s has what a reader needs',
    (_uid, dashboard) => {
      expect(NEEDED.filter((key) => !dashboard[key])).toEqual([]);
    },
  );

  let validate: ValidateFunction;
  beforeAll(() => {
    validate = compile('dashboard', 'Dashboard', (definitions) => {
      const query = Object.keys(definitions).find((name) => /Dataquery/.test(name));
      if (query === undefined) throw new Error('the types have no Dataquery any more');
      definitions[query] = QUERY;
      const annotation = definitions['AnnotationQuery']?.['properties'] as Record<string, Json>;
      annotation['target'] = { type: 'object' };
    });
  }, 60_000);

  it.each(dashboards.map((one) => [String(one['uid']), one] as const))(
    '%s is of its type',
    (_uid, dashboard) => {
      expect(faults(validate, dashboard)).toEqual([]);
    },
  );

  it.each([
    ['rows', (d: Json) => Object.assign(d, { rows: [] })],
    ['a refresh that is no text', (d: Json) => Object.assign(d, { refresh: false })],
    ['a query without its editor', (d: Json) => delete firstTarget(d)['editorType']],
    [
      'a variable of a kind there is not',
      (d: Json) => Object.assign((d['templating'] as { list: Json[] }).list[1] as Json, { type: 'choice' }),
    ],
  ])('with %s is not', (_what, change) => {
    const dashboard = structuredClone(dashboards[0]) as Json;
    change(dashboard);
    expect(faults(validate, dashboard).length).toBeGreaterThan(0);
  });
});

describe.each([
  ['timeseries', 'timeseries'],
  ['stat', 'stat'],
  ['table', 'table'],
  ['state-timeline', 'statetimeline'],
  ['barchart', 'barchart'],
  ['heatmap', 'heatmap'],
  ['text', 'text'],
])('the options of each %s panel', (type, module) => {
  it('are of their type', () => {
    const ofType = panels.filter(([, panel]) => panel['type'] === type);
    expect(ofType.length).toBeGreaterThan(0);
    const validate = compile(module, 'Options');
    const found = ofType.flatMap(([name, panel]) =>
      faults(validate, panel['options']).map((fault) => `${name}: ${fault}`),
    );
    expect(found).toEqual([]);
  }, 30_000);
});

it.each([
  ['timeseries', 'common', 'GraphFieldConfig'],
  ['state-timeline', 'statetimeline', 'FieldConfig'],
  ['barchart', 'barchart', 'FieldConfig'],
])(
  'how each %s is drawn is of its type',
  (type, module, name) => {
    const validate = compile(module, name);
    const drawn = panels
      .filter(([, panel]) => panel['type'] === type)
      .map(([, panel]) => ((panel['fieldConfig'] as Json)['defaults'] as Json)['custom']);
    expect(drawn.flatMap((custom) => faults(validate, custom))).toEqual([]);
  },
  30_000,
);

it('the alert rule is of its type, but for the names that a file has', () => {
  const [group] = alertRules({ contactPoint: 'c' })['groups'] as (Json & { rules: Json[] })[];
  const [rule] = group?.rules ?? [];
  const { keepFiringFor, dashboardUid, panelId, ...rest } = rule as Json;
  expect([keepFiringFor, dashboardUid, panelId]).toEqual(['0s', 'plumbline-overview', 102]);
  const validate = compile('alerting', 'Rule', (definitions) => {
    const query = Object.keys(definitions).find((name) => /Dataquery/.test(name));
    if (query === undefined) throw new Error('the types have no Dataquery any more');
    definitions[query] = { type: 'object', required: ['refId'] };
  });
  const asApi = { ...rest, orgID: group?.['orgId'], folderUID: 'plumbline', ruleGroup: group?.['name'] };
  expect(faults(validate, asApi)).toEqual([]);
  // Whatever a file may have, and nothing else (pkg/services/provisioning/alerting, rules_types.go).
  const known =
    'uid title condition data dashboardUid panelId noDataState execErrState for keepFiringFor missing_series_evals_to_resolve annotations labels isPaused notification_settings record';
  expect(Object.keys(rule as Json).filter((key) => !known.split(' ').includes(key))).toEqual([]);
  expect(Object.keys(group as Json).sort()).toEqual(['folder', 'interval', 'name', 'orgId', 'rules']);
}, 30_000);
