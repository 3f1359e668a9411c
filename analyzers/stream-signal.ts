import { signalSpec } from '../core/signals.ts';
import { addToHistory, countWindow, type History, NO_HISTORY, recentred, spanOf } from './drift/history.ts';
import { NO_BLOCKS } from './drift/lasting.ts';
import { DOUBT, isOrdinary, isRipe, MATURE_MS } from './drift/maturing.ts';
import { type MonitorStep, monitorSignal, type SignalWindow } from './drift/monitor-signal.ts';
import { type Reading, unmeasuredReading } from './drift/reading.ts';
import { type Recent, suffixes } from './drift/recent.ts';
import { EMPTY_SAMPLE, kindOf, mergeSamples, type Sample } from './drift/sample.ts';
import type { SignalEvidence } from './drift/signal-evidence.ts';
import { variationOf } from './drift/variation.ts';
import { addToStretch, type Established } from './drift/version-stretch.ts';
import type { StreamOptions } from './stream-options.ts';
import { type SignalState, watching } from './stream-state.ts';

/** A baseline that was frozen in this step, to be said aloud. */
export interface Rebaselined {
  readonly signal: string;
  /** `matured`: the same history and more of it. */
  readonly reason: 'learned' | 'matured' | 'refreshed' | 'accepted';
  readonly rows: number;
}

interface SignalStep {
  readonly name: string;
  readonly window: SignalWindow;
  readonly level: number;
  /** `StreamOptions.togetherOf` this signal. */
  readonly together: number;
  /** Whether the stream has its baseline. */
  readonly isWatching: boolean;
  /** What a declared version's windows of time are compared with while its baseline is gathered. */
  readonly established: Established | null;
  readonly options: StreamOptions;
}

interface SignalStepped {
  readonly name: string;
  readonly signal: SignalState;
  readonly reading: Reading;
  readonly rebaselined: Rebaselined | null;
  /** Null while the baseline is gathered. */
  readonly evidence: SignalEvidence | null;
}

type Watched = Extract<SignalState, { phase: 'watching' }>;

/** One window of one signal of a stream. */
export function stepSignal(signal: SignalState, step: SignalStep): SignalStepped {
  if (signal.phase === 'gathering') return gather(signal, step);
  const { name, window, level, together, options } = step;
  const monitored = monitorSignal(signal.watch, window, {
    spec: signalSpec(name),
    level,
    together,
    isTimed: options.isTimed,
    options: options.detector,
  });
  const stepped = {
    name,
    reading: monitored.reading,
    evidence: monitored.evidence,
    rebaselined: null,
    signal: { ...signal, watch: monitored.state },
  };
  const { standing, recent, variation } = monitored.state;
  const isOld = options.acceptAfterWindows > 0 && (standing?.windows ?? 0) >= options.acceptAfterWindows;
  const changed = isOld ? newestRows(recent, options.baselineRowsMin) : EMPTY_SAMPLE;
  if (changed.count >= options.signalRowsMin) {
    // The season is taken to be what it was; the level has to be learned again.
    return rebaseline(stepped, 'accepted', watching(changed, variation, options.isTimed ? NO_HISTORY : null));
  }
  return signal.history && options.isTimed
    ? mature(stepped, { before: signal, monitored, window, history: signal.history, options })
    : trail(stepped, { before: signal, window, options });
}

/** A baseline that moves only when asked to. */
function trail(
  stepped: SignalStepped & { signal: Watched },
  at: { before: Watched; window: SignalWindow; options: StreamOptions },
): SignalStepped {
  const { before, window, options } = at;
  const { watch } = stepped.signal;
  const isTrailing = options.baselineRefreshWindows > 0;
  const isCalm = watch.standing === null && stepped.reading.outcome !== 'alarm';
  const next = isTrailing && isCalm ? mergeSamples(before.next, window.sample) : EMPTY_SAMPLE;
  const windowsSinceFrozen = isCalm ? before.windowsSinceFrozen + 1 : 0;
  const kept = { ...stepped, signal: { ...stepped.signal, next, windowsSinceFrozen } };
  const isDue = isTrailing && windowsSinceFrozen >= options.baselineRefreshWindows;
  if (!isDue || next.count < options.signalRowsMin) return kept;
  return rebaseline(kept, 'refreshed', watching(next, watch.variation));
}

/**
 * A baseline of windows of time grows with the windows: it is frozen anew, while nothing stands, whenever its history has
 * become twice as long, after a week, and the last time after four weeks. From then on it stays, so that a slow drift is seen.
 */
function mature(
  stepped: SignalStepped & { signal: Watched },
  at: {
    before: Watched;
    monitored: MonitorStep;
    window: SignalWindow;
    history: History;
    options: StreamOptions;
  },
): SignalStepped {
  const { before, monitored, window, options } = at;
  const { watch } = stepped.signal;
  const { standing } = watch;
  if (!isOrdinary(standing, window.until) || !monitored.scored) return stepped;
  const isSameKind = watch.kind === before.watch.kind;
  const last = before.watch.last;
  const isAdjacent = isSameKind && last !== null && last.until === window.since.toISOString();
  const history = addToHistory(isSameKind ? at.history : NO_HISTORY, window, {
    scored: monitored.scored,
    residuals: watch.last ? { now: watch.last.standard, before: isAdjacent ? last.standard : null } : null,
  });
  const next = mergeSamples(before.next, window.sample);
  const grown = { ...stepped, signal: { ...stepped.signal, next, history } };
  const span = spanOf(history);
  const isMature = span >= MATURE_MS;
  const isCalm =
    standing === null && monitored.reading.outcome !== 'alarm' && monitored.reading.evidence <= DOUBT;
  if (!isCalm || !isRipe(span, watch.variation?.spanMs ?? 0) || next.count < options.baselineRowsMin)
    return grown;
  const centred = recentred(history, next, watch.kind);
  const { lags, blocks = NO_BLOCKS } = history;
  const variation = variationOf({ ...centred, lags, blocks }, next, watch.kind);
  return rebaseline(grown, 'matured', {
    ...grown.signal,
    // Evidence goes on: a limit that follows from the past alone may move. What was expected of the windows before was
    // expected of a less certain baseline, and is not held against the new one.
    watch: { ...watch, baseline: next, variation, recent: [], residues: [], last: null },
    next: isMature ? EMPTY_SAMPLE : next,
    windowsSinceFrozen: 0,
    history: isMature ? null : centred,
  });
}

function gather(
  { gathered, history, stretch }: Extract<SignalState, { phase: 'gathering' }>,
  { name, window, isWatching, established, options }: SignalStep,
): SignalStepped {
  const together = mergeSamples(gathered, window.sample);
  const counted = window.sample.count > 0 ? countWindow(history, window) : history;
  const missing = options.baselineRowsMin - together.count;
  const isComparable = established !== null && established.sample.count > 0 && window.sample.count > 0;
  const compared = isComparable ? addToStretch(stretch, window, established) : stretch;
  const stepped: SignalStepped = {
    name,
    signal: {
      phase: 'gathering',
      gathered: together,
      history: counted,
      ...(compared ? { stretch: compared } : {}),
    },
    reading: unmeasuredReading(
      { spec: signalSpec(name), baseline: together, kind: kindOf(together), window },
      Math.max(1, missing),
    ),
    rebaselined: null,
    evidence: null,
  };
  // A signal that came after its stream's baseline gets one of its own.
  return isWatching && missing <= 0
    ? rebaseline(stepped, 'learned', frozen(together, counted, options))
    : stepped;
}

/** A signal whose gathered rows become its baseline. */
export function frozen(gathered: Sample, history: History, { isTimed }: StreamOptions): SignalState {
  const isKnown = isTimed || history.sessions.pairs > 0;
  const variation = isKnown ? variationOf(history, gathered, kindOf(gathered)) : null;
  return watching(gathered, variation, isTimed ? history : null);
}

function rebaseline(
  stepped: SignalStepped,
  reason: Rebaselined['reason'],
  signal: SignalState,
): SignalStepped {
  const rows = signal.phase === 'watching' ? signal.watch.baseline.count : 0;
  return {
    ...stepped,
    signal,
    reading: { ...stepped.reading, becameBaseline: reason === 'accepted' },
    rebaselined: { signal: stepped.name, reason, rows },
  };
}

/** The newest stretch with enough rows, or all that is remembered. */
function newestRows(recent: Recent, rowsMin: number): Sample {
  let newest = EMPTY_SAMPLE;
  for (const { sample } of suffixes(recent)) {
    newest = sample;
    if (sample.count >= rowsMin) break;
  }
  return newest;
}
