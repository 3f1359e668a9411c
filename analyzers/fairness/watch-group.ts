import { DISPARITY_PREFIX, type SignalSpec, signalSpec } from '../../core/signals.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import { logRankBets, logRateBets, type Side } from './bets.ts';
import { addMatched, fadeMatched, type Gap, gapOf, isDisparity, type Matched, matchOf } from './gap.ts';
import { type FairnessOptions, logOddsTolerance } from './options.ts';
import { logEvidenceOf, type SideWatch, stepSide } from './side.ts';
import { type GroupSignal, nameOf } from './strata.ts';

/** A disparity that was called and has not gone away. */
interface Standing {
  readonly side: Side;
  /** Gap.size when it was called. */
  readonly size: number;
  readonly evidence: number;
  readonly since: string;
  /** All windows since it began, and those since it was last looked whether it is still there. */
  readonly run: Matched;
  readonly fresh: Matched | null;
  readonly freshWindows: number;
}

/** What is remembered of one group's signal. JSON. */
export interface GroupWatch {
  /** All windows, old ones faded. */
  readonly long: Matched;
  readonly up: SideWatch | null;
  readonly down: SideWatch | null;
  readonly standing: Standing | null;
}

export interface WatchSettings {
  readonly window: { readonly since: Date; readonly until: Date };
  /** False alarms that this group's signal may give per window, on average. */
  readonly level: number;
  readonly designEffect: number;
  /** Whether the attribute has two values only: then one group's gain is the other's loss, and is said once. */
  readonly isMirrored: boolean;
  readonly options: FairnessOptions;
}

/** What a window says of a group's signal, before the other groups have had their say. */
export interface WatchStep {
  readonly watch: GroupWatch;
  readonly spec: SignalSpec;
  readonly gap: Gap | null;
  /** Of which windows the gap is: all, or those since the disparity began. */
  readonly since: Date;
  readonly evidence: number;
  readonly outcome: 'candidate' | 'standing' | 'quiet';
}

/** The side on which a group is worse off; of what is neither better nor worse, above. */
function worseSide({ up, down }: SignalSpec): Side {
  return up !== 'regression' && down === 'regression' ? 'down' : 'up';
}

/**
 * One window of one group's signal.
 *
 * 1. A disparity stands: followed until windows enough to tell show less than half of it; then the detector starts again.
 * 2. Otherwise evidence is added up on each side; where it suffices and the run is surely a disparity, it is a candidate.
 */
export function watchGroup(
  before: GroupWatch | null,
  signal: GroupSignal,
  settings: WatchSettings,
): WatchStep {
  const { options, designEffect } = settings;
  const matched = matchOf(signal);
  const isSame = before !== null && before.long.kind === matched.kind;
  const kept = isSame ? before : null;
  const fading = 0.5 ** (1 / options.halfLifeWindows);
  const long = kept ? addMatched(fadeMatched(kept.long, fading), matched) : matched;
  const spec = signalSpec(`${DISPARITY_PREFIX}${signal.signal}`);
  if (kept?.standing) return follow({ ...kept, long }, kept.standing, { matched, spec, settings });
  const bets = (side: Side) => betsOf(signal, { side, long, settings }).map((logL) => logL / designEffect);
  const at = { matched, since: settings.window.since };
  const up = stepSide(kept?.up ?? null, bets('up'), at);
  const down = stepSide(kept?.down ?? null, bets('down'), at);
  const watch: GroupWatch = { long, up, down, standing: null };
  const strongest = strongestSide({ up, down }, spec, settings);
  const precision = { z: options.z, designEffect };
  const run = strongest.evidence >= 1 ? gapOf(strongest.watch.run, options, precision) : null;
  const isCandidate =
    run !== null && run.side === strongest.side && isDisparity(run) && run.events >= options.eventsMin;
  return {
    watch,
    spec,
    gap: isCandidate ? run : gapOf(long, options, precision),
    since: isCandidate ? new Date(strongest.watch.since) : settings.window.since,
    evidence: strongest.evidence,
    outcome: isCandidate ? 'candidate' : 'quiet',
  };
}

/** The step with its disparity called. */
export function called(step: WatchStep): WatchStep {
  const { gap, evidence, since, watch } = step;
  const side = gap?.side === 'down' ? watch.down : watch.up;
  if (!gap || !side) return step;
  const size = Math.min(1e6, Math.max(-1e6, gap.size.value));
  const standing: Standing = {
    side: gap.side,
    size,
    evidence,
    since: since.toISOString(),
    run: side.run,
    fresh: null,
    freshWindows: 0,
  };
  return { ...step, outcome: 'standing', watch: { ...watch, up: null, down: null, standing } };
}

function strongestSide(
  sides: { up: SideWatch; down: SideWatch },
  spec: SignalSpec,
  { level, isMirrored, options }: WatchSettings,
): { side: Side; watch: SideWatch; evidence: number } {
  const worse = worseSide(spec);
  const better: Side = worse === 'up' ? 'down' : 'up';
  const share = isMirrored ? 1 : options.worseShare;
  const evidenceOf = (side: Side, weight: number) =>
    Math.exp(Math.min(700, logEvidenceOf(sides[side]) + Math.log(weight * level)));
  const first = { side: worse, watch: sides[worse], evidence: evidenceOf(worse, share) };
  if (isMirrored) return first;
  const second = { side: better, watch: sides[better], evidence: evidenceOf(better, 1 - share) };
  return second.evidence > first.evidence ? second : first;
}

function betsOf(
  signal: GroupSignal,
  { side, long, settings }: { side: Side; long: Matched; settings: WatchSettings },
): number[] {
  const { options, designEffect } = settings;
  if (long.kind === 'number') {
    const seed = seedOf(nameOf(signal), settings.window.since);
    return logRankBets(signal.strata, { tolerance: options.deltaTolerance, side, seed });
  }
  const rows = long.group.rows + long.rest.rows;
  const events = long.group.events + long.rest.events;
  const trials = Math.max(1, rows / designEffect);
  const rate = wilsonInterval({ successes: (events / Math.max(1, rows)) * trials, trials }, LIMIT_Z);
  return logRateBets(signal.strata, logOddsTolerance(rate, options.ratioMin), side);
}

/** One-sided 1 %: the tolerance depends on the rate, which is known from the margins only. */
const LIMIT_Z = 2.326;

function follow(
  watch: GroupWatch,
  standing: Standing,
  { matched, spec, settings }: { matched: Matched; spec: SignalSpec; settings: WatchSettings },
): WatchStep {
  const { options, designEffect } = settings;
  const precision = { z: options.z, designEffect };
  const run = addMatched(standing.run, matched);
  const fresh = standing.fresh ? addMatched(standing.fresh, matched) : matched;
  const freshWindows = standing.freshWindows + 1;
  const seen = gapOf(fresh, options, precision);
  const isTold = freshWindows >= options.recoveryWindows && seen !== null && seen.events >= options.eventsMin;
  const left = seen ? seen.size.value * Math.sign(standing.size) : 0;
  const told = { spec, since: new Date(standing.since), evidence: standing.evidence };
  if (isTold && left < Math.abs(standing.size) / 2) {
    const over: GroupWatch = { long: fresh, up: null, down: null, standing: null };
    return { ...told, watch: over, gap: seen, outcome: 'quiet', since: settings.window.since, evidence: 0 };
  }
  const next: Standing = isTold
    ? { ...standing, run, fresh: null, freshWindows: 0 }
    : { ...standing, run, fresh, freshWindows };
  return {
    ...told,
    watch: { ...watch, standing: next },
    gap: gapOf(run, options, precision),
    outcome: 'standing',
  };
}

/** FNV-1a of a name and an instant. */
function seedOf(name: string, since: Date): number {
  let hash = 0x811c9dc5;
  for (const character of `${name}${since.getTime()}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}
