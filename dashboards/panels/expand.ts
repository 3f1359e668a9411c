import { AppError } from '../../core/errors.ts';

/** What Grafana, or the page, knows when it asks. */
export interface PanelContext {
  /** The range, both ends included as Grafana includes them. */
  readonly since: Date;
  readonly until: Date;
  /** Width of a point on the panel, in ms. */
  readonly intervalMs: number;
  /** What the reader chose; null or an empty list: all. */
  readonly variables: Readonly<Record<string, string | readonly string[] | null>>;
}

const CONDITIONAL = '$__conditionalAll(';

/**
 * The SQL that ClickHouse is sent, of a panel's: macros and variables replaced in Grafana's order and as its ClickHouse
 * plugin (4.20) does it, so that both run the same. Values are escaped, and may come from anybody.
 *
 * @throws AppError `invalid_input` on a macro or variable that is not known, and on one that must have a value and has none
 */
export function expandSql(sql: string, context: PanelContext): string {
  return replaceMacros(replaceVariables(replaceConditionals(sql, context), context), context);
}

/** From the last to the first, as the plugin does: one may stand in another. */
function replaceConditionals(sql: string, context: PanelContext): string {
  let text = sql;
  for (let at = text.lastIndexOf(CONDITIONAL); at !== -1; at = text.lastIndexOf(CONDITIONAL)) {
    const { args, end } = argumentsAt(text, at + CONDITIONAL.length - 1);
    const [condition = '', variable = ''] = args;
    const name = /^\s*\$\{?(\w+)\}?\s*$/.exec(variable)?.[1];
    if (args.length !== 2 || name === undefined)
      throw faulty(`$__conditionalAll needs a condition and a $variable, not (${args.join(',')})`);
    text = text.slice(0, at) + (isAll(chosenOf(name, context)) ? '1=1' : condition) + text.slice(end);
  }
  return text;
}

/** Arguments between the bracket at `open` and its match, split at commas that are in no bracket within. */
function argumentsAt(text: string, open: number): { args: string[]; end: number } {
  const args: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < text.length; at++) {
    const char = text[at];
    if (char === '(') depth++;
    if (char === ')') depth--;
    if ((char === ',' && depth === 1) || depth === 0) {
      args.push(text.slice(start, at));
      start = at + 1;
    }
    if (depth === 0) return { args, end: at + 1 };
  }
  throw faulty('a bracket is not closed');
}

const VARIABLE = /\$\{(\w+):(\w+)\}|\$(?!__)(?:\{(\w+)\}|(\w+))/g;

function replaceVariables(sql: string, context: PanelContext): string {
  return sql.replace(VARIABLE, (whole: string, name?: string, format?: string) => {
    // Any other form would put what a reader typed into the query as it is.
    if (name === undefined || format !== 'singlequote')
      throw faulty(`${whole} must be written as \${name:singlequote}`);
    const value = chosenOf(name, context);
    if (value === null || isAll(value)) throw faulty(`$${name} needs a value: choose one`);
    return (typeof value === 'string' ? [value] : value).map(quoted).join(',');
  });
}

/** Grafana escapes the quote alone; a backslash before it would end the literal early, so that is escaped too. */
const quoted = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;

function chosenOf(name: string, { variables }: PanelContext): string | readonly string[] | null {
  if (!Object.hasOwn(variables, name)) throw faulty(`there is no variable $${name}`);
  return variables[name] ?? null;
}

const isAll = (value: string | readonly string[] | null): boolean =>
  value === null || value.toString() === '' || value.toString() === '$__all';

const MACRO = /\$__(\w+)/g;

function replaceMacros(sql: string, context: PanelContext): string {
  let expanded = '';
  let done = 0;
  for (const match of sql.matchAll(MACRO)) {
    if (match.index < done) throw faulty('a macro stands in the arguments of another');
    const name = match[1] ?? '';
    const after = match.index + match[0].length;
    const called = sql[after] === '(' ? argumentsAt(sql, after) : { args: [], end: after };
    expanded += sql.slice(done, match.index) + macroText(name, called.args, context);
    done = called.end;
  }
  return expanded + sql.slice(done);
}

const seconds = (at: Date): string => `toDateTime(${Math.floor(at.getTime() / 1000)})`;
const milliseconds = (at: Date): string => `fromUnixTimestamp64Milli(${at.getTime()})`;
const day = (at: Date): string => `toDate('${at.toISOString().slice(0, 10)}')`;

function macroText(name: string, args: readonly string[], context: PanelContext): string {
  const { since, until, intervalMs } = context;
  const [first = '', second = ''] = args;
  const between = (column: string, text: (at: Date) => string): string =>
    `${column} >= ${text(since)} AND ${column} <= ${text(until)}`;
  const stepS = Math.max(Math.trunc(intervalMs / 1000), 1);
  const macros: Readonly<Record<string, { readonly args: number; readonly text: () => string }>> = {
    fromTime: { args: 0, text: () => seconds(since) },
    toTime: { args: 0, text: () => seconds(until) },
    fromTime_ms: { args: 0, text: () => milliseconds(since) },
    toTime_ms: { args: 0, text: () => milliseconds(until) },
    timeFilter: { args: 1, text: () => between(first, seconds) },
    timeFilter_ms: { args: 1, text: () => between(first, milliseconds) },
    dateFilter: { args: 1, text: () => between(first, day) },
    dateTimeFilter: { args: 2, text: () => `(${between(first, day)}) AND (${between(second, seconds)})` },
    dt: { args: 2, text: () => `(${between(first, day)}) AND (${between(second, seconds)})` },
    timeInterval: {
      args: 1,
      text: () => `toStartOfInterval(toDateTime(${first}), INTERVAL ${stepS} second)`,
    },
    timeInterval_ms: {
      args: 1,
      text: () =>
        `toStartOfInterval(toDateTime64(${first}, 3), INTERVAL ${Math.max(Math.trunc(intervalMs), 1)} millisecond)`,
    },
    interval_s: { args: 0, text: () => String(stepS) },
  };
  const macro = Object.hasOwn(macros, name) ? macros[name] : undefined;
  if (macro === undefined) throw faulty(`there is no macro $__${name}`);
  if (macro.args !== args.length)
    throw faulty(`$__${name} takes ${macro.args} arguments, not ${args.length}`);
  return macro.text();
}

const faulty = (message: string): AppError =>
  new AppError('invalid_input', `the panel's query cannot be asked: ${message}`);
