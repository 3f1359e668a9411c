import { z } from 'zod';
import { Duration } from '../../core/config-values.ts';
import { SEVERITIES } from '../../core/severity.ts';
import { PRESENCE_SIGNALS, SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';
import { type Path, parseYamlSettings, type SettingFault, suggestion } from '../../core/yaml-settings.ts';

const TIMELINES_MAX = 200;
const STEPS_MAX = 1_000;

const At = z
  .string('expected a time from the start, such as 10m')
  .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'expected a time from the start, such as 10m')
  .pipe(Duration);

const Expect = z.strictObject({
  state: z.enum(['normal', 'pending', 'open', 'recovering', 'closed', 'dropped']).optional(),
  reason: z.string().optional(),
  severity: z.enum(SEVERITIES).optional(),
  condition: z.enum(['measured', 'not_enough_data', 'no_data', 'error']).optional(),
  rule: z.string().optional(),
  /** `firing`, or with the receiver: `oncall firing`. */
  sent: z.array(z.string()).optional(),
});

const Step = z.strictObject({
  at: At,
  /** What the window that ends then says; absent: only time passes. */
  see: z.enum(['alarm', 'quiet', 'accepted', 'not_enough_data', 'no_data', 'error']).optional(),
  /** Multiple of what an alarm needs. */
  evidence: z.number().min(0).max(1e9).optional(),
  samples: z.int().min(0).max(1e12).default(1_000),
  /** How large the change is; its interval is taken as narrow. */
  effect: z.number().min(-1).max(1).default(0.2),
  signal: z.string().optional(),
  verdict: z.enum(['regression', 'improvement', 'change']).optional(),
  /** From now on, until it is false. */
  silenced: z.boolean().optional(),
  acknowledged_by: z.string().min(1).max(200).optional(),
  expect: Expect.optional(),
});

const Timeline = z.strictObject({
  name: z.string().min(1).max(200),
  stream: z
    .strictObject({
      project: z.string().default('default'),
      model: z.string().default('model'),
      version: z.string().default(''),
      segment: z.string().default(''),
    })
    .prefault({}),
  signal: z.string(),
  /** Of the change, where a step does not say otherwise. */
  verdict: z.enum(['regression', 'improvement', 'change']).default('regression'),
  steps: z.array(Step).min(1).max(STEPS_MAX),
});

const File = z.strictObject({
  /** Relative to the file; absent: the default rules. */
  rules: z.string().optional(),
  timelines: z.array(Timeline).min(1).max(TIMELINES_MAX),
});

export type Timeline = z.output<typeof Timeline>;
export type TimelineStep = z.output<typeof Step>;
export type Expectation = z.output<typeof Expect>;

/** Timelines, and the file of the rules that they are about. */
export interface TimelineFile {
  readonly rules: string | null;
  readonly timelines: readonly Timeline[];
}

/**
 * The timelines of a file (docs/alerts.md).
 *
 * @param file its name, for what is said about it
 * @throws AppError `invalid_input` that tells every fault with line and column
 */
export function parseTimelines(text: string, file: string): TimelineFile {
  const { rules = null, timelines } = parseYamlSettings(text, { file, schema: File, keysAt, faultsOf });
  return { rules, timelines };
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  stream: ['project', 'model', 'version', 'segment'],
  expect: Object.keys(Expect.shape),
};

function keysAt(path: Path): readonly string[] {
  if (path.length === 0) return Object.keys(File.shape);
  const inside = KEYS[String(path.at(-1))];
  if (inside !== undefined) return inside;
  return Object.keys((path.length === 2 ? Timeline : Step).shape);
}

function faultsOf({ timelines }: z.output<typeof File>): SettingFault[] {
  return timelines.flatMap(({ signal, steps }, index) => {
    const path: Path = ['timelines', index];
    return [
      ...signalFaults(signal, [...path, 'signal']),
      ...steps.flatMap((step, at) => [
        ...signalFaults(step.signal ?? signal, [...path, 'steps', at, 'signal']).slice(step.signal ? 0 : 1),
        ...orderFaults(steps, at, [...path, 'steps', at, 'at']),
      ]),
    ];
  });
}

const SIGNAL_NAMES: readonly string[] = [...SIGNALS.map(({ name }) => name), ...PRESENCE_SIGNALS];

function signalFaults(signal: string, path: Path): SettingFault[] {
  if (SIGNAL_NAMES.includes(signal) || signal.startsWith(SCORE_PREFIX)) return [];
  const known = [...SIGNAL_NAMES, `${SCORE_PREFIX}NAME`];
  const message = `there is no signal ${signal}${suggestion(signal, known)}; there are ${known.join(', ')}`;
  return [{ path, message }];
}

function orderFaults(steps: readonly TimelineStep[], index: number, path: Path): SettingFault[] {
  const [before, step] = [steps[index - 1], steps[index]];
  if (!before || !step || step.at > before.at) return [];
  return [{ path, message: 'expected a later time than that of the step above' }];
}
