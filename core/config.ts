import { z } from 'zod';
import { ALERT_SETTINGS } from './alert-config.ts';
import { Bytes, Count, CountOrZero, Duration } from './config-values.ts';
import { AppError } from './errors.ts';
import { FAIRNESS_SETTINGS, fairnessFaults } from './fairness-config.ts';
import { GATE_SETTINGS } from './gate-config.ts';
import { JudgedPairs } from './judged-setting.ts';
import { KAFKA_SETTINGS, kafkaFaults } from './kafka-config.ts';
import { KEY_SETTINGS } from './key-config.ts';
import { REDACTION_SETTINGS, redactionFaults } from './redaction-config.ts';
import { ROLES, type Role } from './roles.ts';
import { Secret } from './secret.ts';
import { SOURCE_SETTINGS, sourceFaults } from './source-config.ts';
import type { WindowSpec } from './window.ts';

/** Reads `25rows` or a duration of whole minutes. */
export const WindowText = z
  .string()
  .regex(/^[1-9]\d*(rows|m|h|d)$/, 'expected a window, such as 5m, 1h or 25rows')
  .transform(
    (text): WindowSpec =>
      text.endsWith('rows')
        ? { kind: 'rows', rows: Number.parseInt(text, 10) }
        : { kind: 'time', ms: Duration.parse(text) },
  );

/** A window as it is written. */
export function windowText(window: WindowSpec): string {
  return window.kind === 'rows' ? `${window.rows}rows` : `${window.ms / 6e4}m`;
}

const Roles = z
  .string()
  .refine((text) => text === 'all' || rolesIn(text).every(isRole), {
    message: `expected all, or some of ${ROLES.join(', ')} with commas`,
  })
  .transform((text): readonly Role[] =>
    text === 'all' ? ROLES : ROLES.filter((role) => rolesIn(text).includes(role)),
  );

const rolesIn = (text: string): string[] => text.split(',').map((name) => name.trim());
const isRole = (name: string): boolean => (ROLES as readonly string[]).includes(name);

/** Stands in the text of statements. */
const ServerName = z.string().regex(/^[\w.-]+$/, 'expected letters, digits, "_", "." and "-"');

const Schema = z.object({
  /** What this process does. Others than `all` need a log between them. */
  ROLES: Roles.default(ROLES),
  /** Loopback: who installs it to try it opens no port. On other addresses, other machines need a key. */
  HOST: z.string().default('127.0.0.1'),
  /** `yes` lets other machines in while there is no key: only behind something that asks who they are. */
  ALLOW_REMOTE: z.enum(['no', 'yes']).default('no'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(7007),
  LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),

  /** Where the embedded engine keeps its data. */
  DATA_DIR: z.string().default('.plumbline/data'),
  /** A ClickHouse server instead of the embedded engine. */
  CLICKHOUSE_URL: z.url({ protocol: /^https?$/ }).optional(),
  CLICKHOUSE_DATABASE: ServerName.default('plumbline'),
  CLICKHOUSE_USER: z.string().default('default'),
  CLICKHOUSE_PASSWORD: z
    .string()
    .default('')
    .transform((value) => new Secret(value)),
  /** Name in the servers' `remote_servers`: the tables are then Replicated on each shard, and Distributed over all. */
  CLICKHOUSE_CLUSTER: ServerName.optional(),

  ...KEY_SETTINGS,

  ...KAFKA_SETTINGS,
  ...REDACTION_SETTINGS,
  ...ALERT_SETTINGS,
  ...SOURCE_SETTINGS,
  ...GATE_SETTINGS,

  /** Text is what costs disk: a quarter of a year shows a seasonal change. */
  RETENTION_INFERENCES_DAYS: Count.default(90),
  /** 3 kB an inference; a baseline and its comparison need weeks, not months. */
  RETENTION_EMBEDDINGS_DAYS: Count.default(30),
  RETENTION_ROLLUP_MINUTE_DAYS: Count.default(90),
  /** Two years, to compare a month with the same month a year ago. */
  RETENTION_ROLLUP_HOUR_DAYS: Count.default(800),
  RETENTION_FINDINGS_DAYS: Count.default(400),

  /** Of one request, after decompression. */
  BODY_BYTES_MAX: Bytes.default(64 * 2 ** 20),
  /** One inference with a long context fits; a runaway line does not. */
  RECORD_BYTES_MAX: Bytes.default(4 * 2 ** 20),
  /** Of all requests being read at once; above it they are asked to come back. */
  IN_FLIGHT_BYTES_MAX: Bytes.default(256 * 2 ** 20),
  /** Records waiting for the store: at 20,000/s a second and a half. */
  QUEUE_ROWS_MAX: Count.default(200_000),
  QUEUE_BYTES_MAX: Bytes.default(256 * 2 ** 20),
  /** A part of the table per insert: 10,000 rows keep merges cheap. */
  COMMIT_ROWS_MAX: Count.default(10_000),
  COMMIT_BYTES_MAX: Bytes.default(32 * 2 ** 20),
  /** What a lone record waits for company: below what a person notices, above the cost of an insert. */
  COMMIT_WAIT_MS: Duration.default(50),
  /** A clock may be a little ahead; a date in year 9999 is a mistake. */
  TIMESTAMP_AHEAD_MAX: Duration.default(864e5),
  /** Worker threads that check records and compute signals; 0: one per core. */
  CHECK_WORKERS: CountOrZero.default(0),
  /** Ids known to be new without asking the store: 2 bytes each. */
  IDS_IN_MEMORY_MAX: Count.default(20_000_000),

  /** `all`, `none`, or names with commas. */
  SIGNALS: z.string().default('all'),
  /** A price table of your own (JSON); the one shipped otherwise. */
  PRICES_FILE: z.string().optional(),
  /** What a response has to look like, by project, prompt, model or attribute (YAML): `format_valid` then says whether it does. */
  FORMATS_FILE: z.string().optional(),

  /** Budgets of spend (YAML, docs/cost.md); each is forecast once an hour. */
  BUDGETS_FILE: z.string().optional(),

  EMBEDDINGS: z.enum(['on', 'off']).default('on'),
  EMBEDDINGS_DEVICE: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
  /** Folder of another ONNX sentence model. The thresholds of `jailbreak` and `injection` are for the one shipped (misuse.md). */
  EMBEDDINGS_MODEL: z.string().optional(),
  /** Inferences embedded per second at most; above it a share, chosen by a hash of the id. 0: no limit. */
  EMBEDDINGS_PER_SECOND_MAX: CountOrZero.default(0),

  /** What is compared with the baseline at a time. */
  WINDOW: WindowText.default({ kind: 'time', ms: 5 * 6e4 }),
  /** How long a window of time stays open for records that come late. */
  LATENESS: Duration.default(3e4),
  /** Rows that make a baseline: 500 hold a share of 16 % within ±3.2 points. */
  BASELINE_ROWS: Count.default(500),
  /** `trailing`, `2026-11-01..2026-11-08`, `version:0613`, or a file of records. */
  BASELINE: z.string().default('trailing'),
  /** False incidents a month, over everything that is watched. */
  FALSE_PAGES_PER_MONTH: z.coerce.number().positive().max(1_000).default(1),
  /** Scores of a judge that stand for scores of people, as `judge=human` or `judge=human[1..5]`, with commas (judged-quality.md). */
  JUDGED: JudgedPairs.default([]),
  /** How long people take for their scores: what is judged is as old as this. */
  JUDGED_DELAY: Duration.default(864e5),
  /** Attributes, and values of each, that become segments; the rest is `(other)`. */
  SEGMENT_ATTRIBUTES_MAX: CountOrZero.default(8),
  SEGMENT_VALUES_MAX: Count.default(20),
  /** Signals × streams that are judged: 200 segments of 50 signals twice over. Of those beyond it, the smallest segments are left out. */
  WATCHED_SIGNALS_MAX: Count.default(20_000),
  /** What is watched, and how (YAML); the monitors shipped otherwise. */
  MONITORS_FILE: z.string().optional(),
  ...FAIRNESS_SETTINGS,
  /** An inference that comes later than this after its window is counted and not judged: a history that is loaded is no news. */
  LATE_INFERENCES_MAX: Duration.default(864e5),
  /** People judge answers for weeks; a score is judged in the window in which it comes. So are signals of embeddings. */
  LATE_SCORES_MAX: Duration.default(30 * 864e5),
});

const Checked = Schema.superRefine((settings, context) => {
  for (const { path, message } of [
    ...kafkaFaults(settings),
    ...redactionFaults(settings),
    ...sourceFaults(settings),
    ...fairnessFaults(settings),
  ])
    context.addIssue({ code: 'custom', path: [path], message });
  if (settings.ROLES.length < ROLES.length && settings.KAFKA_BROKERS === undefined) {
    const message = `expected all: ${settings.ROLES.join(', ')} alone needs a log to the others. Set KAFKA_BROKERS.`;
    context.addIssue({ code: 'custom', path: ['ROLES'], message });
  }
  if (settings.ROLES.length < ROLES.length && settings.CLICKHOUSE_URL === undefined) {
    const message =
      'expected a ClickHouse server: the embedded store belongs to one process, which then has all ROLES';
    context.addIssue({ code: 'custom', path: ['CLICKHOUSE_URL'], message });
  }
});

export type Config = Readonly<z.infer<typeof Schema>>;

const SETTING_NAMES: readonly string[] = Object.keys(Schema.shape);

/**
 * Settings from the environment; unknown variables are left alone.
 *
 * @throws AppError `invalid_input` that names every setting at fault and what it expects
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => SETTING_NAMES.includes(name) && value !== undefined && value !== '',
    ),
  );
  const parsed = Checked.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('invalid_input', `settings that cannot be used:\n${faults.join('\n')}`);
}
