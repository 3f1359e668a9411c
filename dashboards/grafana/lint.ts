import { type Json, PLUGIN } from './ids.ts';
import { UNITS } from './panel-json.ts';

const UID_LENGTH_MAX = 40;
const COLUMNS = 24;
/** What Grafana knows without being told, in queries, titles and links. */
const BUILT_IN = /^(__\w+)$/;
const KNOWN_UNITS = new Set(Object.values(UNITS));
/** How a value may stand in a query: anything else would be put in unescaped. */
const SAFE_FORMAT = 'singlequote';

/**
 * What is wrong with a dashboard's JSON though its types hold, in words with the place; empty if nothing is. Looks at what
 * Grafana does not say: it shows an empty panel instead.
 */
export function lintDashboard(dashboard: Json): string[] {
  const panels = (dashboard['panels'] ?? []) as Json[];
  const variables = listOf(dashboard['templating']);
  const problems = [
    ...lintHead(dashboard),
    ...lintVariables(variables),
    ...lintIds(panels),
    ...lintGrid(panels),
    ...panels.filter((panel) => panel['type'] !== 'row').flatMap(lintPanel),
  ];
  const names = new Set(variables.map((variable) => String(variable['name'])));
  return [...problems, ...lintUses(dashboard, names), ...lintQueries(dashboard)];
}

const listOf = (container: unknown): Json[] => ((container as Json | undefined)?.['list'] ?? []) as Json[];

function lintHead(dashboard: Json): string[] {
  const uid = String(dashboard['uid'] ?? '');
  return [
    ...(uid === '' ? ['the dashboard has no uid'] : []),
    ...(uid.length > UID_LENGTH_MAX ? [`the uid ${uid} is longer than ${UID_LENGTH_MAX}`] : []),
    ...(dashboard['title'] ? [] : ['the dashboard has no title']),
    ...(dashboard['id'] === null || dashboard['id'] === undefined
      ? []
      : ['the dashboard has an id of a server']),
    ...('rows' in dashboard ? ['the dashboard has rows: nothing shows them'] : []),
  ];
}

function lintVariables(variables: readonly Json[]): string[] {
  const names = variables.map((variable) => String(variable['name']));
  const sources = variables.filter((variable) => variable['type'] === 'datasource');
  return [
    ...repeated(names).map((name) => `two variables are named ${name}`),
    ...(sources.length === 1 && sources[0]?.['name'] === 'datasource' && sources[0]['query'] === PLUGIN.id
      ? []
      : ['there is not exactly one variable for the data source, named datasource']),
  ];
}

function lintIds(panels: readonly Json[]): string[] {
  const ids = panels.map((panel) => String(panel['id']));
  return [
    ...repeated(ids).map((id) => `two panels have the id ${id}`),
    ...ids.filter((id) => !/^[1-9]\d*$/.test(id)).map((id) => `${id} is no id of a panel`),
  ];
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

function lintGrid(panels: readonly Json[]): string[] {
  const problems: string[] = [];
  for (const [index, panel] of panels.entries()) {
    const place = panel['gridPos'] as Place | undefined;
    if (!place) {
      problems.push(`${nameOf(panel)} has no place in the grid`);
      continue;
    }
    if (place.x < 0 || place.w < 1 || place.h < 1 || place.x + place.w > COLUMNS)
      problems.push(`${nameOf(panel)} reaches beyond the ${COLUMNS} columns`);
    const over = panels
      .slice(0, index)
      .find((other) => isOverlapping(other['gridPos'] as Place | undefined, place));
    if (over) problems.push(`${nameOf(panel)} lies over ${nameOf(over)}`);
  }
  return problems;
}

const isOverlapping = (a: Place | undefined, b: Place): boolean =>
  a !== undefined && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const nameOf = (panel: Json): string => `panel ${panel['id']} (${panel['title']})`;

function lintPanel(panel: Json): string[] {
  const name = nameOf(panel);
  const said = [
    ...(panel['title'] ? [] : [`${name} has no title`]),
    ...(panel['description'] ? [] : [`${name} has no description`]),
  ];
  if (panel['type'] === 'text') return said;
  const targets = (panel['targets'] ?? []) as Json[];
  const defaults = ((panel['fieldConfig'] as Json | undefined)?.['defaults'] ?? {}) as Json;
  const unit = String(defaults['unit']);
  return [
    ...said,
    ...(targets.length === 0 ? [`${name} asks nothing`] : []),
    ...repeated(targets.map((target) => String(target['refId']))).map(
      (id) => `${name} has two queries ${id}`,
    ),
    ...(KNOWN_UNITS.has(unit) ? [] : [`${name} has the unit ${unit}, which is none`]),
    ...[panel, ...targets]
      .filter(({ datasource }) => !isChosenSource(datasource))
      .map(() => `${name} does not ask the data source that the reader chose`),
    ...lintSteps(defaults, name),
  ];
}

const isChosenSource = (source: unknown): boolean =>
  JSON.stringify(source) === JSON.stringify({ type: PLUGIN.id, uid: `\${datasource}` });

function lintSteps(defaults: Json, name: string): string[] {
  const steps = (((defaults['thresholds'] as Json | undefined)?.['steps'] ?? []) as Json[]).map(
    ({ value }) => value as number | null,
  );
  const isRising = steps
    .slice(1)
    .every((value, index) => value !== null && value > (steps[index] ?? -Infinity));
  return steps[0] === null && isRising ? [] : [`${name} has thresholds that do not rise from the lowest`];
}

/** Variables, wherever a text uses one. */
function lintUses(dashboard: Json, names: ReadonlySet<string>): string[] {
  const text = JSON.stringify(dashboard);
  const used = [...text.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name);
  return [...new Set(used)]
    .filter((name) => !BUILT_IN.test(name) && !names.has(name))
    .map((name) => `$${name} is used, and there is no such variable`);
}

function lintQueries(dashboard: Json): string[] {
  const queries = [...new Set(sqlIn(dashboard))];
  return queries.flatMap((sql) => {
    const outside = [...sql.matchAll(/\$(?!__)\{?(\w+)(?::(\w+))?\}?/g)].filter(
      ([, , format], _index) => format !== SAFE_FORMAT,
    );
    // The second argument of the macro is a plain name, and no text.
    const plain = new Set([...sql.matchAll(/, (\$\w+)\)/g)].map(([, name]) => name));
    return outside
      .filter(([whole]) => !plain.has(whole))
      .map(([whole]) => `${whole} stands in a query without :${SAFE_FORMAT}`);
  });
}

function sqlIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(sqlIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'rawSql' && typeof inner === 'string' ? [inner] : sqlIn(inner),
  );
}

const repeated = (values: readonly string[]): string[] => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];
