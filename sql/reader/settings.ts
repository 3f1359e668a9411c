/** Most that a query may use. */
export interface ReaderBounds {
  readonly timeMsMax: number;
  readonly memoryBytesMax: number;
  readonly resultRowsMax: number;
  /** Of the rows in the engine's memory, and of the answer in its format. */
  readonly resultBytesMax: number;
  readonly threadsMax: number;
}

export type Setting = readonly [name: string, value: string];

type Bounded = { readonly kind: 'at most'; readonly max: (bounds: ReaderBounds) => number };
type Rule = Bounded | { readonly kind: 'pattern'; readonly pattern: RegExp };

const atMost = (max: Bounded['max']): Rule => ({ kind: 'at most', max });
const FLAG: Rule = { kind: 'pattern', pattern: /^[01]$/ };
const COUNT: Rule = { kind: 'pattern', pattern: /^\d{1,12}$/ };

/**
 * What a caller may set. A bound may be lowered; one that is asked higher is kept as it is, since clients set some of
 * them by themselves (clickhouse-go the time, from its own deadline).
 */
const RULES: Readonly<Record<string, Rule>> = {
  max_execution_time: atMost(({ timeMsMax }) => timeMsMax / 1_000),
  max_memory_usage: atMost(({ memoryBytesMax }) => memoryBytesMax),
  max_result_rows: atMost(({ resultRowsMax }) => resultRowsMax),
  max_result_bytes: atMost(({ resultBytesMax }) => resultBytesMax),
  max_threads: atMost(({ threadsMax }) => threadsMax),
  max_rows_to_read: COUNT,
  max_bytes_to_read: COUNT,
  limit: COUNT,
  offset: COUNT,
  final: FLAG,
  extremes: FLAG,
  join_use_nulls: FLAG,
  group_by_use_nulls: FLAG,
  // Asked for by clients that would set more than this reader lets them.
  readonly: { kind: 'pattern', pattern: /^[12]$/ },
  session_timezone: { kind: 'pattern', pattern: /^[A-Za-z0-9_+/-]{0,60}$/ },
  date_time_output_format: { kind: 'pattern', pattern: /^(simple|iso|unix_timestamp)$/ },
  output_format_write_statistics: FLAG,
  output_format_json_quote_64bit_integers: FLAG,
  output_format_json_quote_64bit_floats: FLAG,
  output_format_json_quote_denormals: FLAG,
  output_format_json_quote_decimals: FLAG,
  output_format_json_named_tuples_as_objects: FLAG,
  output_format_json_array_of_rows: FLAG,
};

/** Taken and left alone: they ask for nothing that is done here. */
const WITHOUT_EFFECT = new Set(['log_comment', 'log_queries', 'send_progress_in_http_headers']);

export type CheckedSettings =
  | { readonly ok: true; readonly settings: readonly Setting[] }
  | { readonly ok: false; readonly code: number; readonly reason: string };

/** The settings as they will be in force, bounds kept; or which one may not be set. Later ones win. */
export function checkSettings(given: readonly Setting[], bounds: ReaderBounds): CheckedSettings {
  const settings: Setting[] = [];
  for (const [name, value] of given) {
    if (WITHOUT_EFFECT.has(name)) continue;
    const kept = keptValue(ruleOf(name), value, bounds);
    if (kept === null) return refuse(name, value);
    if (name !== 'readonly') settings.push([name, kept]);
  }
  return { ok: true, settings };
}

const ruleOf = (name: string): Rule | null => (Object.hasOwn(RULES, name) ? (RULES[name] ?? null) : null);

function keptValue(rule: Rule | null, value: string, bounds: ReaderBounds): string | null {
  if (rule === null) return null;
  if (rule.kind === 'pattern') return rule.pattern.test(value) ? value : null;
  if (!/^\d{1,18}(\.\d{1,6})?$/.test(value)) return null;
  const max = rule.max(bounds);
  // Zero means without bounds.
  return Number(value) === 0 || Number(value) > max ? String(max) : value;
}

/** In ClickHouse's words; a value that cannot be is told apart from a setting that may not. */
function refuse(name: string, value: string): CheckedSettings {
  if (name === 'readonly' || ruleOf(name) === null)
    return {
      ok: false,
      code: 164,
      reason: `Cannot modify '${name.slice(0, 80)}' setting in readonly mode. (READONLY)`,
    };
  const shown = JSON.stringify(value.slice(0, 80));
  return { ok: false, code: 454, reason: `Setting ${name} cannot be ${shown}. (INVALID_SETTING_VALUE)` };
}
