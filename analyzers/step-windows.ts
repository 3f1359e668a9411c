import { type Finding, type StreamKey, streamName } from '../core/finding.ts';
import type { Together } from '../core/stream-store.ts';
import type { StreamWindow, WindowSpec } from '../core/window.ts';
import { type Budget, createBudget, type Priorities } from './budget.ts';
import type { SignalEvidence } from './drift/signal-evidence.ts';
import type { Leaf } from './page-evidence.ts';
import type { FamilyStates, StreamBook, StreamEntry } from './stream-book.ts';

/** What a step is told beside the window. */
export interface StepContext {
  readonly budget: Budget;
  /** `StreamOptions.togetherOf` for this stream. */
  readonly togetherOf: (signal: string) => number;
  /** The states of the other versions of the same model and segment; read only when asked for. */
  readonly siblings: () => Promise<readonly Sibling<FamilyStates>[]>;
}

/** Steps one stream by one window: the detectors, behind one function. */
export type StepStream = (
  state: FamilyStates | null,
  window: StreamWindow,
  context: StepContext,
) => Promise<{
  state: FamilyStates;
  findings: readonly Finding[];
  /** By signal; of families there is none. */
  evidence: ReadonlyMap<string, SignalEvidence>;
}>;

/** Another version of the same model. */
export interface Sibling<State = unknown> {
  readonly key: StreamKey;
  readonly state: State;
  /** End of its last window, in ms. */
  readonly until: number;
}

export interface AnalysisOptions {
  readonly window: WindowSpec;
  readonly step: StepStream;
  readonly falsePagesPerMonth: number;
  /** Streams × signals that are judged at most; the wholes of models may go beyond. */
  readonly signalsMax: number;
  /** Whether anything watches a stream, asked with every window of time; without it, all are judged. */
  readonly watches?: (key: StreamKey) => boolean;
  /** Asked with every window. */
  readonly priorities?: () => Priorities;
}

/** Streams that were judged within this time hold a part of the budget, and their place among those that are judged. */
export const WATCHED_MS = 86_400_000;
/** The inferences that a stream is said to have fade with this half-life. */
const ROWS_HALF_LIFE_MS = 5 * 86_400_000;

/** What one signal of one stream has to say to the whole, and the part of the level that it holds. */
export interface SteppedLeaf extends Leaf {
  /** `Budget.total` of its window. */
  readonly total: number;
}

/**
 * Steps streams by windows, in order; findings are stored before the states that they led to.
 *
 * @returns signals of which nothing has been called
 */
export type StepWindows = (
  windows: readonly StreamWindow[],
  at: {
    /** What came late is in them up to this revision. */
    readonly late: number;
    /** What was said of the window before. */
    readonly together: Together | null;
  },
) => Promise<SteppedLeaf[]>;

export function windowStepper(
  store: { writeFindings(findings: readonly Finding[]): Promise<void> },
  book: StreamBook,
  { window: spec, step, falsePagesPerMonth, priorities }: AnalysisOptions,
): StepWindows {
  function budgetFor(windows: readonly StreamWindow[], sinceMs: number): Budget {
    const streams = new Map(
      [...book.judgedSince(sinceMs)].map(([name, { key, rows, signals }]) => [name, { key, rows, signals }]),
    );
    for (const { key, rows, summaries, categories } of windows) {
      const name = streamName(key);
      const known = streams.get(name);
      const signals = [...(known?.signals ?? []), ...summaries.keys(), ...categories.keys()];
      streams.set(name, { key, rows: known?.rows ?? rows, signals });
    }
    const plan = { window: spec, falsePagesPerMonth, streams: streams.values() };
    return createBudget({ ...plan, priorities: priorities?.() ?? {} });
  }

  async function siblingsOf(
    key: StreamKey,
    next: ReadonlyMap<string, StreamEntry>,
  ): Promise<Sibling<FamilyStates>[]> {
    const beside = book.versionsBeside(key);
    const loaded = await book.load(beside.filter((one) => !next.has(streamName(one))));
    const here = [...next.values()].filter((entry) => isBeside(entry.key, key));
    return [...here, ...loaded.values()];
  }

  return async (windows, { late, together }) => {
    const last = Math.max(0, ...windows.map(({ until }) => until.getTime()));
    const budget = budgetFor(windows, last - WATCHED_MS);
    const named = new Set(together && together.ratio >= 1 ? together.changed.map(leafName) : []);
    const loaded = await book.load(windows.map(({ key }) => key));
    const next = new Map(loaded);
    const changed = new Map<string, StreamEntry>();
    const findings: Finding[] = [];
    const leaves: SteppedLeaf[] = [];
    for (const window of windows) {
      const name = streamName(window.key);
      const entry = next.get(name);
      const context = {
        budget,
        togetherOf: (signal: string) =>
          named.has(leafName({ key: window.key, signal })) ? (together?.ratio ?? 0) : 0,
        siblings: () => siblingsOf(window.key, next),
      };
      const result = await step(entry?.state ?? null, window, context);
      findings.push(...result.findings.map(withoutHistograms));
      leaves.push(...leavesOf(window.key, result.evidence, budget));
      const stepped = entryAfter(entry, window, { ...result, late });
      next.set(name, stepped);
      changed.set(name, stepped);
    }
    await store.writeFindings(findings);
    await book.save([...changed.values()], loaded);
    return leaves;
  };
}

const leafName = ({ key, signal }: { key: StreamKey; signal: string }): string =>
  `${streamName(key)} ${signal}`;

function leavesOf(
  key: StreamKey,
  evidence: ReadonlyMap<string, SignalEvidence>,
  budget: Budget,
): SteppedLeaf[] {
  return [...evidence].flatMap(([signal, { isStanding, ...found }]) => {
    const weight = budget.weightOf(key, signal);
    return isStanding || weight === 0 ? [] : [{ key, signal, weight, total: budget.total, ...found }];
  });
}

function entryAfter(
  entry: StreamEntry | undefined,
  { key, until, rows, lastId }: StreamWindow,
  { state, findings, late }: { state: FamilyStates; findings: readonly Finding[]; late: number },
): StreamEntry {
  const endMs = until.getTime();
  const faded = (entry?.rows ?? 0) * 0.5 ** ((endMs - (entry?.until ?? endMs)) / ROWS_HALF_LIFE_MS);
  return {
    key,
    state,
    until: endMs,
    late,
    after: lastId === undefined ? null : { at: endMs - 1, id: lastId },
    // A group is told of by the signal of its stream.
    signals: [...new Set(findings.map(({ signal }) => signal))],
    rows: faded + rows,
  };
}

/** Only an alarm's are stored, and until then they would keep the states that they are of. */
const withoutHistograms = (finding: Finding): Finding =>
  finding.outcome === 'alarm' ? finding : { ...finding, histograms: { before: [], after: [] } };

const isBeside = (one: StreamKey, key: StreamKey): boolean =>
  one.project === key.project &&
  one.model === key.model &&
  one.segment === key.segment &&
  one.version !== key.version;
