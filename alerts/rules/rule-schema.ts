import { z } from 'zod';
import type { AlertRule } from '../../core/alert-rule.ts';
import { Duration } from '../../core/config-values.ts';
import { SEVERITIES } from '../../core/severity.ts';

/** Bounds: a file of rules is read by people, and each finding is held against each rule. */
export const RULES_MAX = 300;
const PATTERNS_MAX = 50;
const LABELS_MAX = 20;
const TEXT_MAX = 200;
/** A quarter of a year: what is meant to take longer is no alert. */
const SPAN_MS_MAX = 90 * 864e5;
/** Reminders closer together than this are noise. */
const REPEAT_MS_MIN = 6e4;

export const Name = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'expected letters, digits, "-" and "_", at most 64 of them');

const SPAN = 'expected a duration, such as 10m, 4h or 0s';
const Span = z
  .string(SPAN)
  .regex(/^\d{1,9}(ms|s|m|h|d)$/, SPAN)
  .pipe(Duration)
  .refine((ms) => ms <= SPAN_MS_MAX, 'expected at most 90d');

/** A list; a scalar stands for a list of one. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (Array.isArray(value) || value === undefined ? value : [value]),
    z.array(item).max(PATTERNS_MAX).default([]),
  );

const Pattern = z.string().max(TEXT_MAX);
const Patterns = listOf(Pattern);

const Match = z.strictObject({
  family: listOf(z.enum(['drift', 'degradation', 'bias', 'cost'])),
  verdict: listOf(z.enum(['regression', 'improvement', 'change'])),
  severity: listOf(z.enum(SEVERITIES)),
  signal: Patterns,
  project: Patterns,
  model: Patterns,
  version: Patterns,
  segment: Patterns,
});

const Recover = z.strictObject({
  evidence: z.number().positive().max(1_000).optional(),
  // As many as the detector needs to start again: closing sooner would open the next incident on the same change.
  windows: z.int().min(1).max(1_000).default(3),
});

const Blind = z.strictObject({
  do: z.enum(['hold', 'tell', 'alert']).default('hold'),
  after: Span.default(30 * 6e4),
});

export const Rule = z.strictObject({
  name: Name,
  match: Match.prefault({}),
  severity: z.enum(SEVERITIES).optional(),
  on: z.boolean().default(true),
  for: Span.default(0),
  min_evidence: z.number().min(1).max(1_000).default(1),
  recover: Recover.prefault({}),
  keep_open: Span.default(0),
  min_samples: z.int().min(0).max(1e9).default(0),
  no_data: Blind.prefault({}),
  error: Blind.prefault({}),
  labels: z
    .record(Name, z.string().max(TEXT_MAX))
    .refine((labels) => Object.keys(labels).length <= LABELS_MAX, `expected at most ${LABELS_MAX} labels`)
    .default({}),
  receivers: listOf(z.string()).optional(),
  repeat: Span.refine((ms) => ms >= REPEAT_MS_MIN, 'expected at least 1m').optional(),
  runbook: z.string().max(2_000).optional(),
});

export type ParsedRule = z.output<typeof Rule>;

/** What of a rule can be held against the rest of the file, also while something else in it is at fault. */
export const LooseRule = z.preprocess(
  (rule) =>
    typeof rule === 'object' && rule !== null ? { ...rule, whole: Reflect.get(rule, 'match') ?? {} } : {},
  z.object({
    name: Name.nullable().catch(null),
    match: z.object({ signal: Patterns.catch([]) }).catch({ signal: [] }),
    whole: Match.nullable().catch(null),
    receivers: listOf(z.string()).catch([]),
    runbook: z.string().optional().catch(undefined),
  }),
);

export type LooseRule = z.output<typeof LooseRule>;

/** Keys that may stand in a rule, and in the maps inside it. */
export const RULE_KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(Rule.shape),
  match: Object.keys(Match.shape),
  recover: Object.keys(Recover.shape),
  no_data: Object.keys(Blind.shape),
  error: Object.keys(Blind.shape),
};

/** The rule as the rest of us knows it. */
export function toAlertRule(parsed: ParsedRule): AlertRule {
  const { match, recover, no_data: noData, error } = parsed;
  return {
    name: parsed.name,
    match: {
      families: match.family,
      verdicts: match.verdict,
      severities: match.severity,
      projects: match.project,
      models: match.model,
      versions: match.version,
      segments: match.segment,
      signals: match.signal,
    },
    severity: parsed.severity ?? null,
    isOn: parsed.on,
    forMs: parsed.for,
    evidenceMin: parsed.min_evidence,
    recoverEvidence: recover.evidence ?? Number.POSITIVE_INFINITY,
    recoverWindows: recover.windows,
    keepOpenMs: parsed.keep_open,
    samplesMin: parsed.min_samples,
    noData: { policy: noData.do, afterMs: noData.after },
    error: { policy: error.do, afterMs: error.after },
    labels: parsed.labels,
    receivers: parsed.receivers ?? null,
    repeatMs: parsed.repeat ?? null,
    runbook: parsed.runbook ?? '',
  };
}
