import { VERSION_PARTS } from '../analyzers/budget.ts';
import type { SignalEvidence } from '../analyzers/drift/signal-evidence.ts';
import type { DetectorFamily, FamilyReading } from '../analyzers/family.ts';
import type { StepContext, StepStream } from '../analyzers/step-windows.ts';
import { type StreamStep, stepStream } from '../analyzers/stream.ts';
import type { FamilyStates } from '../analyzers/stream-book.ts';
import { DEFAULT_STREAM_OPTIONS, type StreamOptions } from '../analyzers/stream-options.ts';
import {
  baselineState,
  checkStreamState,
  type Predecessor,
  predecessorFrom,
  watchedLike,
} from '../analyzers/stream-state.ts';
import type { StreamKey } from '../core/finding.ts';
import { type Monitor, monitorOf, watches } from '../core/monitor.ts';
import { signalSpec } from '../core/signals.ts';
import type { SignalSummary } from '../core/summary.ts';
import type { StreamWindow, WindowSpec } from '../core/window.ts';

/** A baseline from outside: a file, pinned dates, a version. */
export interface GivenBaseline {
  readonly label: string;
  /** Version it was made of; empty when not declared. */
  readonly version: string;
  readonly summaries: ReadonlyMap<string, SignalSummary>;
}

export type BaselineSource = (key: StreamKey) => Promise<GivenBaseline | null>;

export interface StepOptions {
  readonly window: WindowSpec;
  readonly baselineRows: number;
  /** The baseline for a stream that begins; null to learn it from the stream itself. */
  readonly baselineFor: BaselineSource;
  readonly monitors: () => readonly Monitor[];
  /** What a monitor's own setting of a baseline means; without it, monitors that have one are an error of ours. */
  readonly monitorBaseline?: (setting: string) => Promise<BaselineSource>;
  readonly families?: readonly DetectorFamily[];
}

/** Name of the part of a stream's state that is the detectors of rates and numbers. */
export const STREAM_PART = 'stream';
/** A monitor's baseline that is the version before. */
const PREVIOUS = 'previous';

/** Puts the detectors behind the schedule: monitors, baselines given from outside, and the version before a declared one. */
export function createStep(options: StepOptions): StepStream {
  const { monitors, families = [] } = options;
  const stepPart = partStepper(options);

  return async (stored, window, context) => {
    const inForce = monitors();
    const watched = watchedPart(window, inForce);
    const siblings = siblingReader(context.siblings);
    const state: Record<string, unknown> = { ...stored };
    const readings: Reading[] = [];
    const evidence = new Map<string, SignalEvidence>();
    for (const [baseline, summaries] of byBaseline(watched, inForce, stored)) {
      const part = baseline === '' ? STREAM_PART : `${STREAM_PART}:${baseline}`;
      const at = { baseline, summaries, window, context, siblings: () => siblings(part) };
      const stepped = await stepPart(state[part], at);
      state[part] = stepped.state;
      readings.push(...stepped.findings);
      for (const [signal, found] of stepped.evidence) evidence.set(signal, found);
    }
    for (const family of families) {
      const before = state[family.name] ?? null;
      const levelOf = (signal: string) => context.budget.levelOf(window.key, signal);
      const versionShare = context.budget.versionShareOf(window.key) * VERSION_PARTS.comparison;
      const needs = family.needsSiblings?.(before) ?? true;
      const stepped = await family.step(before, watched, {
        levelOf,
        versionShare,
        siblings: needs ? await siblings(family.name) : [],
      });
      state[family.name] = stepped.state;
      readings.push(...stepped.readings);
    }
    const told = readings.flatMap((reading) => toldBy(reading, inForce, window.key));
    return { state, findings: told.map((reading) => ({ ...window.key, ...reading })), evidence };
  };
}

type Reading = FamilyReading;

/** What one part of the state is in the other versions; read once, when first asked for. */
function siblingReader(read: StepContext['siblings']): (part: string) => Promise<StoredVersion[]> {
  let known: ReturnType<typeof read> | null = null;
  return async (part) => {
    known ??= read();
    return (await known).flatMap(({ key, until, state }) =>
      Object.hasOwn(state, part) ? [{ key, until, state: state[part] }] : [],
    );
  };
}

interface PartStep {
  /** Empty: BASELINE. */
  readonly baseline: string;
  readonly summaries: ReadonlyMap<string, SignalSummary>;
  readonly window: StreamWindow;
  readonly context: StepContext;
  readonly siblings: () => Promise<readonly StoredVersion[]>;
}

/** Steps the detectors of rates and numbers that share a baseline. */
function partStepper(options: StepOptions): (stored: unknown, at: PartStep) => Promise<StreamStep> {
  const baselines = givenBaselines(options);
  return async (stored, { baseline, summaries, window, context, siblings }) => {
    const { key } = window;
    const before = stored === undefined ? null : checkStreamState(stored);
    const needsBaseline = before === null || before.phase === 'comparing';
    const given = needsBaseline ? await baselines(baseline, key) : null;
    const isSame = given !== null && given.version === key.version;
    const predecessor = needsBaseline && !isSame ? predecessorOf(given, await siblings()) : null;
    const start = isSame ? baselineState(given.summaries, given.label) : null;
    const likeBefore = baseline === PREVIOUS && predecessor ? watchedLike(predecessor) : null;
    return stepStream(
      before ?? start ?? likeBefore,
      summaries,
      window,
      streamOptions(options, { context, key }),
      predecessor,
    );
  };
}

/** Asked for once per stream and run: a stream whose state is stored needs it only while it is compared. */
function givenBaselines({ baselineFor, monitorBaseline }: StepOptions) {
  const given = new Map<string, GivenBaseline | null>();
  const sources = new Map<string, BaselineSource>([['', baselineFor]]);

  async function sourceOf(setting: string): Promise<BaselineSource> {
    const known = sources.get(setting);
    if (known) return known;
    if (!monitorBaseline) throw new Error(`nothing says what the baseline ${setting} is`);
    const source = await monitorBaseline(setting);
    sources.set(setting, source);
    return source;
  }
  return async (setting: string, key: StreamKey): Promise<GivenBaseline | null> => {
    if (setting === PREVIOUS) return null;
    const name = JSON.stringify([setting, key]);
    if (!given.has(name)) given.set(name, await (await sourceOf(setting))(key));
    return given.get(name) ?? null;
  };
}

/** The signals that a monitor watches in this stream. */
function watchedPart(window: StreamWindow, monitors: readonly Monitor[]): StreamWindow {
  const isWatched = ([signal]: readonly [string, unknown]) => {
    const { family } = signalSpec(signal);
    const monitor = monitorOf(monitors, { signal, family });
    return monitor !== null && watches(monitor, window.key);
  };
  return {
    ...window,
    summaries: new Map([...window.summaries].filter(isWatched)),
    categories: new Map([...window.categories].filter(isWatched)),
  };
}

/** Summaries by the baseline that their monitors name; empty: BASELINE. A part that has a state is always there. */
function byBaseline(
  { summaries }: StreamWindow,
  monitors: readonly Monitor[],
  stored: FamilyStates | null,
): Map<string, Map<string, SignalSummary>> {
  const groups = new Map<string, Map<string, SignalSummary>>();
  const own = `${STREAM_PART}:`;
  for (const part of Object.keys(stored ?? {})) {
    if (part === STREAM_PART) groups.set('', new Map());
    else if (part.startsWith(own)) groups.set(part.slice(own.length), new Map());
  }
  if (groups.size === 0) groups.set('', new Map());
  for (const [signal, summary] of summaries) {
    const { family } = signalSpec(signal);
    const baseline = monitorOf(monitors, { signal, family })?.baseline ?? '';
    const group = groups.get(baseline) ?? new Map<string, SignalSummary>();
    groups.set(baseline, group.set(signal, summary));
  }
  return groups;
}

/** What is left of a reading when its monitor has been asked: a small effect is no alarm. */
export function toldBy(reading: Reading, monitors: readonly Monitor[], key: StreamKey): Reading[] {
  const monitor = monitorOf(monitors, reading);
  if (monitor === null || !watches(monitor, key)) return [];
  if (monitor.detectors !== null && !monitor.detectors.includes(reading.detector)) return [];
  const isSmall = reading.effect !== null && Math.abs(reading.effect.value) < monitor.minimumEffect;
  return [isSmall && reading.outcome === 'alarm' ? { ...reading, outcome: 'quiet' } : reading];
}

function streamOptions(
  { baselineRows, window }: StepOptions,
  { context, key }: { context: StepContext; key: StreamKey },
): StreamOptions {
  return {
    ...DEFAULT_STREAM_OPTIONS,
    baselineRowsMin: baselineRows,
    isTimed: window.kind === 'time',
    familyWise:
      DEFAULT_STREAM_OPTIONS.familyWise * context.budget.versionShareOf(key) * VERSION_PARTS.signals,
    levelOf: (signal) => context.budget.levelOf(key, signal),
    togetherOf: context.togetherOf,
  };
}

interface StoredVersion {
  readonly key: StreamKey;
  readonly state: unknown;
  readonly until: number;
}

/** A given baseline of another version, else the established version that was in use last. */
function predecessorOf(given: GivenBaseline | null, siblings: readonly StoredVersion[]): Predecessor | null {
  if (given) {
    const { version, summaries, label } = given;
    const predecessor = predecessorFrom(version, baselineState(summaries, label));
    if (predecessor) return predecessor;
  }
  let best: { predecessor: Predecessor; until: number } | null = null;
  for (const { key, state, until } of siblings) {
    const predecessor = predecessorFrom(key.version, checkStreamState(state));
    if (predecessor && (!best || until > best.until)) best = { predecessor, until };
  }
  return best?.predecessor ?? null;
}
