import type { Inference } from '../../core/inference.ts';
import { type CompiledSchema, compileSchema } from './compile-schema.ts';
import type { Format, FormatMatch } from './format.ts';
import { createTimeLimit, type TimeLimit } from './time-limit.ts';

/** Whether a response has the format that was asked for. */
export interface FormatVerdict {
  /** 0 or 1; null where no format applies or the check was given up. */
  readonly format_valid: number | null;
  /** What was wrong first: `not_json`, the keyword of the schema, `pattern`, `not_listed`; `none` of a valid one; else null. */
  readonly format_fault: string | null;
}

/** A longer response is not checked. */
const RESPONSE_UNITS_MAX = 1 << 18;
const CHECK_MS_MAX = 100;
/** A format whose check was given up this often is not checked any more: ingest must not wait for it. */
const OVERRUNS_MAX = 3;
/** A response in a Markdown fence, and nothing else. */
const FENCE = /^```[\w-]{0,20}[ \t]*\n([\s\S]*?)\n?[ \t]*```$/;

const UNKNOWN: FormatVerdict = { format_valid: null, format_fault: null };
const VALID: FormatVerdict = { format_valid: 1, format_fault: 'none' };
const invalid = (format_fault: string): FormatVerdict => ({ format_valid: 0, format_fault });

/** What is wrong with a response, or null. */
type Check = (text: string) => string | null;

/**
 * A function of the verdict on one inference: the first format whose `match` fits it counts. A failed call, one without
 * text, and a response above 256 Ki UTF-16 units have none. Schemas are compiled once. A check that takes longer than 100 ms
 * gives null, and after the third the format is not checked until the process starts again.
 *
 * @param formats as checked by formats-file.ts
 */
export function createFormatCheck(formats: readonly Format[]): (inference: Inference) => FormatVerdict {
  const limit = createTimeLimit(CHECK_MS_MAX);
  const checks = formats.map((format) => ({
    match: format.match,
    check: checkOf(format, limit),
    overruns: 0,
  }));
  return (inference) => {
    const { response, status } = inference;
    if (checks.length === 0 || status === 'error' || response === undefined) return UNKNOWN;
    const found = checks.find(({ match }) => fits(match, inference));
    if (!found || found.overruns >= OVERRUNS_MAX || response.length > RESPONSE_UNITS_MAX) return UNKNOWN;
    const text = response.trim();
    if (text === '' && (inference.tool_calls?.length ?? 0) > 0) return UNKNOWN;
    const fault = found.check(FENCE.exec(text)?.[1]?.trim() ?? text);
    if (fault === null) return VALID;
    if (fault !== 'overrun') return invalid(fault);
    found.overruns++;
    return UNKNOWN;
  };
}

function fits(match: FormatMatch, inference: Inference): boolean {
  const { attributes, ...fields } = match;
  for (const [name, wanted] of Object.entries(fields) as [Exclude<keyof FormatMatch, 'attributes'>, string][])
    if (!isLike(inference[name] ?? (name === 'project' ? 'default' : ''), wanted)) return false;
  for (const [name, wanted] of Object.entries(attributes ?? {}))
    if (!isLike(inference.attributes?.[name] ?? '', wanted)) return false;
  return true;
}

function isLike(value: string, wanted: string): boolean {
  return wanted.endsWith('*') ? value.startsWith(wanted.slice(0, -1)) : value === wanted;
}

function checkOf({ schema, pattern, one_of }: Format, limit: TimeLimit): Check {
  if (schema !== undefined) return schemaCheck(compileSchema(schema), limit);
  if (pattern !== undefined) {
    const whole = new RegExp(`^(?:${pattern})$`, 'u');
    return (text) => {
      const isLikeIt = limit(() => whole.test(text));
      if (isLikeIt === 'overrun') return 'overrun';
      return isLikeIt ? null : 'pattern';
    };
  }
  const allowed = new Set(one_of);
  return (text) => (allowed.has(text) ? null : 'not_listed');
}

function schemaCheck(schema: CompiledSchema, limit: TimeLimit): Check {
  return (text) => {
    const parsed = parse(text);
    if (!parsed) return 'not_json';
    const isFit = limit(() => schema.fits(parsed.value));
    if (isFit === 'overrun') return 'overrun';
    return isFit ? null : schema.keywordOf();
  };
}

function parse(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
