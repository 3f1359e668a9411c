import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Monitor, MonitorSettings, StreamPriority } from '../core/monitor.ts';
import { packageRoot } from '../core/package-root.ts';
import { SCORE_PREFIX, SIGNALS } from '../core/signals.ts';
import { isLike } from '../core/silence.ts';
import { type Path, parseYamlSettings, type SettingFault, suggestion } from '../core/yaml-settings.ts';

/** Bounds: a file of monitors is read by people, and each signal is held against each monitor. */
const MONITORS_MAX = 200;
const STREAMS_MAX = 200;
const PATTERNS_MAX = 50;
const TEXT_MAX = 200;

const DETECTORS = [
  'rate',
  'continuous',
  'version_comparison',
  'category',
  'embedding',
  'disparity',
  'budget',
] as const;

const BASELINE = 'expected trailing, previous, two dates such as 2026-11-01..2026-11-08, or version:NAME';
const BASELINES = /^(trailing|previous|\d{4}-\d{2}-\d{2}\.\.\d{4}-\d{2}-\d{2}|version:.+)$/;

/** A list; a scalar stands for a list of one. */
const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (Array.isArray(value) || value === undefined ? value : [value]),
    z.array(item).max(PATTERNS_MAX).default([]),
  );
const Text = z.string().min(1).max(TEXT_MAX);

const Priority = z.number().positive().max(100);

const Entry = z.strictObject({
  name: z.string().regex(/^[\w-]{1,64}$/, 'expected letters, digits, "-" and "_", at most 64 of them'),
  signals: listOf(Text),
  families: listOf(z.enum(['drift', 'degradation', 'bias', 'cost'])),
  detector: z.preprocess(
    (value) => (value === undefined || value === 'auto' ? null : Array.isArray(value) ? value : [value]),
    z.array(z.enum(DETECTORS)).min(1).nullable(),
  ),
  baseline: z.string(BASELINE).max(TEXT_MAX).regex(BASELINES, BASELINE).optional(),
  segments: z
    .union([z.enum(['all', 'none']), z.array(Text).max(PATTERNS_MAX)], {
      error: 'expected all, none, or a list of attributes',
    })
    .default('all'),
  minimum_effect: z.number().min(0).max(1_000).default(0),
  // 0 would be a monitor that is off, and says so by `on`.
  priority: Priority.default(1),
  on: z.boolean().default(true),
});

const STREAM_FIELDS = ['project', 'model', 'version', 'segment'] as const;
const StreamEntry = z.strictObject({
  project: Text.optional(),
  model: Text.optional(),
  version: Text.optional(),
  segment: Text.optional(),
  priority: Priority,
});

const File = z.strictObject({
  /** Absent: the default monitors. */
  monitors: z.array(Entry).max(MONITORS_MAX).optional(),
  /** Whether the default monitors come after those of the file. */
  default_monitors: z.boolean().default(false),
  /** Which streams matter more, or less. */
  streams: z.array(StreamEntry).max(STREAMS_MAX).default([]),
});

/** Below the root of the package. */
export const DEFAULT_MONITORS_FILE = join('analyzers', 'default-monitors.yaml');

/**
 * The monitors that a file says, and which streams matter more (docs/monitors.md). Without `monitors` the default ones are in force, and with
 * `default_monitors: true` they follow its own, except those whose names it uses itself.
 *
 * @throws AppError `invalid_input` that tells every fault with line and column
 */
export function parseMonitorsFile(text: string, file: string): MonitorSettings {
  const parsed = parseYamlSettings(text, { file, schema: File, keysAt, faultsOf });
  const own = (parsed.monitors ?? []).map(toMonitor);
  const isAdded = parsed.monitors === undefined || parsed.default_monitors;
  const added = isAdded ? defaultMonitors().filter(({ name }) => !own.some((one) => one.name === name)) : [];
  return { monitors: [...own, ...added], streamPriorities: parsed.streams.map(toPriority) };
}

let shipped: readonly Monitor[] | null = null;

/** The monitors that are in force without a file. */
export function defaultMonitors(): readonly Monitor[] {
  if (shipped === null) {
    const text = readFileSync(join(packageRoot, DEFAULT_MONITORS_FILE), 'utf8');
    const { monitors = [] } = parseYamlSettings(text, {
      file: DEFAULT_MONITORS_FILE,
      schema: File,
      keysAt,
      faultsOf,
    });
    shipped = monitors.map(toMonitor);
  }
  return shipped;
}

const toMonitor = (entry: z.output<typeof Entry>): Monitor => ({
  name: entry.name,
  signals: entry.signals,
  families: entry.families,
  detectors: entry.detector,
  baseline: entry.baseline ?? null,
  segments: entry.segments,
  minimumEffect: entry.minimum_effect,
  priority: entry.priority,
  isOn: entry.on,
});

const toPriority = (entry: z.output<typeof StreamEntry>): StreamPriority => ({
  project: entry.project ?? null,
  model: entry.model ?? null,
  version: entry.version ?? null,
  segment: entry.segment ?? null,
  priority: entry.priority,
});

const faultsOf = ({ monitors = [], streams }: z.output<typeof File>): SettingFault[] => [
  ...monitorFaults(monitors),
  ...streams.flatMap((stream, place) => streamFaults(stream, ['streams', place])),
];

function streamFaults(stream: z.output<typeof StreamEntry>, path: Path): SettingFault[] {
  if (STREAM_FIELDS.every((field) => stream[field] === undefined))
    return [{ path, message: `expected which streams: ${STREAM_FIELDS.join(', ')}, or some of them` }];
  // What says nothing of a value can be no segment, and would fit none.
  if (stream.segment === undefined || /[=*]/.test(stream.segment)) return [];
  const message = `no segment is called ${stream.segment}: expected attribute=value, such as ${stream.segment}=*`;
  return [{ path: [...path, 'segment'], message }];
}

function monitorFaults(monitors: readonly z.output<typeof Entry>[]): SettingFault[] {
  const names = monitors.map(({ name }) => name);
  return monitors.flatMap((monitor, place) => [
    ...(names.indexOf(monitor.name) < place
      ? [{ path: ['monitors', place, 'name'], message: `another monitor is called ${monitor.name}` }]
      : []),
    ...monitor.signals.flatMap((pattern, index) => {
      const message = patternFault(pattern);
      return message === null ? [] : [{ path: ['monitors', place, 'signals', index], message }];
    }),
  ]);
}

/** Signals that come into being with what is watched. */
const OPEN_PREFIXES = [SCORE_PREFIX, 'disparity:'];

function patternFault(pattern: string): string | null {
  if (OPEN_PREFIXES.some((prefix) => pattern.startsWith(prefix) || isWide(pattern, prefix))) return null;
  const names = SIGNALS.map(({ name }) => name);
  if (names.some((name) => isLike(name, pattern))) return null;
  if (pattern.includes('*')) return `no signal is called ${pattern}`;
  return `there is no signal ${pattern}${suggestion(pattern, names)}`;
}

/** `*` and `s*` may stand for a score that has not come yet. */
const isWide = (pattern: string, prefix: string): boolean =>
  pattern.includes('*') && prefix.startsWith(pattern.split('*')[0] ?? '');

function keysAt(path: Path): readonly string[] {
  if (path.length === 0) return Object.keys(File.shape);
  return Object.keys((path[0] === 'streams' ? StreamEntry : Entry).shape);
}
