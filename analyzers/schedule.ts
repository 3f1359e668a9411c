import type { Finding, StreamKey } from '../core/finding.ts';
import { groupBy } from '../core/group-by.ts';
import type { JudgedPlace } from '../core/stream-store.ts';
import type { LatePart, RowCursor, StreamSize, StreamWindow, WindowSpec } from '../core/window.ts';
import { type Budget, createBudget, type Priorities } from './budget.ts';
import { type FamilyStates, openStreamBook, type StreamEntry, type StreamStore } from './stream-book.ts';
import { nameOf, watchList } from './watch-list.ts';
import { withLate } from './with-late.ts';

/** What the schedule needs of the store. */
export interface AnalysisStore extends StreamStore {
  /** Every stream with an inference in [since, until), whole minutes: wholes first, then by inferences. */
  streamsIn(range: Range): Promise<StreamSize[]>;
  /** What these streams had in [since, until). */
  timeWindow(range: Range, keys: readonly StreamKey[]): Promise<StreamWindow[]>;
  /** What minutes before an instant gained that was taken into the rollups in (after, until]. */
  lateParts(
    before: Date,
    revision: { after: number; until: number },
  ): Promise<{ readonly parts: readonly LatePart[]; readonly tooOld: number }>;
  /** Of the rollups as they are now. */
  revision(): number;
  /** The next full windows of rows of a stream after the cursor. */
  rowWindows(
    key: StreamKey,
    options: { after: RowCursor | null; before: Date; rowsPerWindow: number; windowsMax: number },
  ): Promise<StreamWindow[]>;
  /** Streams with an inference at or after an instant. */
  liveStreams(since: Date): Promise<{ key: StreamKey }[]>;
  /** Start of the first minute with an inference at or after an instant; null if there is none. */
  firstMinute(since: Date): Promise<Date | null>;
  writeFindings(findings: readonly Finding[]): Promise<void>;
  readPlace(): Promise<JudgedPlace | null>;
  writePlace(place: JudgedPlace): Promise<void>;
}

interface Range {
  readonly since: Date;
  readonly until: Date;
}

/** What a step is told beside the window. */
export interface StepContext {
  readonly budget: Budget;
  /** The states of the other versions of the same model and segment; read only when asked for. */
  readonly siblings: () => Promise<readonly Sibling<FamilyStates>[]>;
}

/** Steps one stream by one window: the detectors, behind one function. */
export type StepStream = (
  state: FamilyStates | null,
  window: StreamWindow,
  context: StepContext,
) => Promise<{ state: FamilyStates; findings: readonly Finding[] }>;

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
  /** Asked with every window. */
  readonly priorities?: () => Priorities;
}

export interface Analysis {
  /** Processes every window that has closed by `before`; true if a bound was reached and there is more. */
  turn(before: Date): Promise<{ readonly windows: number; readonly hasMore: boolean }>;
  /** Minutes before it (ms) may have been judged. */
  judgedUntil(): number;
  readonly place: JudgedPlace;
}

/** Windows of time processed in one turn. */
const TIME_WINDOWS_PER_TURN = 50;
const ROW_WINDOWS_PER_STREAM = 40;
/** Streams silent for longer than this are not asked for windows of rows. */
const LIVE_MS = 30 * 86_400_000;
/** Streams that were judged within this time hold a part of the budget, and their place among those that are judged. */
const WATCHED_MS = 86_400_000;
/** Signals whose windows and states are in memory together: some tens of MB. */
const SIGNALS_AT_ONCE = 1_000;
/** The inferences that a stream is said to have fade with this half-life. */
const ROWS_HALF_LIFE_MS = 5 * 86_400_000;

const NOWHERE: JudgedPlace = {
  until: 0,
  judging: 0,
  late: 0,
  leftOut: { streams: 0, signals: 0, lateRows: 0 },
};

/**
 * Runs the detectors over closed windows in order. State is written after the findings it led to: killed between the
 * two, the same windows run again from the same state and give the same findings, which replace themselves. A stream
 * that is beyond a window has been judged on it, and is left out when the window runs again.
 */
export async function openAnalysis(store: AnalysisStore, options: AnalysisOptions): Promise<Analysis> {
  const { window: spec, step, falsePagesPerMonth, signalsMax, priorities } = options;
  const book = await openStreamBook(store);
  let place = (await store.readPlace()) ?? NOWHERE;

  function budgetFor(windows: readonly StreamWindow[], sinceMs: number): Budget {
    const streams = new Map(
      [...book.judgedSince(sinceMs)].map(([name, { key, rows, signals }]) => [name, { key, rows, signals }]),
    );
    for (const { key, rows, summaries, categories } of windows) {
      const name = nameOf(key);
      const known = streams.get(name);
      const signals = [...(known?.signals ?? []), ...summaries.keys(), ...categories.keys()];
      streams.set(name, { key, rows: known?.rows ?? rows, signals });
    }
    const plan = { window: spec, falsePagesPerMonth, streams: streams.values() };
    return createBudget({ ...plan, priorities: priorities?.() ?? {} });
  }

  async function process(windows: readonly StreamWindow[], late: number): Promise<void> {
    const last = Math.max(0, ...windows.map(({ until }) => until.getTime()));
    const budget = budgetFor(windows, last - WATCHED_MS);
    const loaded = await book.load(windows.map(({ key }) => key));
    const next = new Map(loaded);
    const changed = new Map<string, StreamEntry>();
    const findings: Finding[] = [];
    for (const window of windows) {
      const name = nameOf(window.key);
      const entry = next.get(name);
      const context = { budget, siblings: () => siblingsOf(window.key, next) };
      const result = await step(entry?.state ?? null, window, context);
      findings.push(...result.findings.map(withoutHistograms));
      const stepped = entryAfter(entry, window, { ...result, late });
      next.set(name, stepped);
      changed.set(name, stepped);
    }
    await store.writeFindings(findings);
    await book.save([...changed.values()], loaded);
  }

  async function siblingsOf(
    key: StreamKey,
    next: ReadonlyMap<string, StreamEntry>,
  ): Promise<Sibling<FamilyStates>[]> {
    const beside = book.versionsBeside(key);
    const loaded = await book.load(beside.filter((one) => !next.has(nameOf(one))));
    const here = [...next.values()].filter((entry) => isBeside(entry.key, key));
    return [...here, ...loaded.values()];
  }

  async function judge(range: Range): Promise<void> {
    const until = range.until.getTime();
    const revision = store.revision();
    const known = book.judgedSince(until - WATCHED_MS);
    const { judged, leftOut } = watchList(await store.streamsIn(range), known, signalsMax);
    const { parts, tooOld } = await store.lateParts(range.since, { after: place.late, until: revision });
    const late = groupBy(parts, ({ key }) => nameOf(key));
    const here = new Set(judged.map(({ key }) => nameOf(key)));
    const lateOnly = [...late.values()]
      .flatMap(([part]) => (part && known.has(nameOf(part.key)) ? [part.key] : []))
      .filter((key) => !here.has(nameOf(key)))
      .map((key) => ({ key, rows: 0, signals: known.get(nameOf(key))?.signals.length ?? 0 }));
    if (place.judging < until) await writePlace({ ...place, judging: until });
    let lateUntil = revision;
    for (const streams of inChunks([...judged, ...lateOnly])) {
      const entries = await book.load(streams.map(({ key }) => key));
      const due = streams.filter(({ key }) => {
        const entry = entries.get(nameOf(key));
        const isDone = entry !== undefined && entry.until >= until;
        if (isDone) lateUntil = Math.min(lateUntil, entry.late);
        return !isDone;
      });
      const windows = await windowsOf(range, due);
      const whole = windows.map((window) => {
        const after = entries.get(nameOf(window.key))?.late ?? 0;
        const ofStream = late.get(nameOf(window.key)) ?? [];
        return withLate(
          window,
          ofStream.filter((part) => part.revision > after),
        );
      });
      if (whole.length > 0) await process(whole, revision);
    }
    const lateRows = place.leftOut.lateRows + tooOld;
    await writePlace({ until, judging: until, late: lateUntil, leftOut: { ...leftOut, lateRows } });
  }

  async function windowsOf(range: Range, streams: readonly StreamSize[]): Promise<StreamWindow[]> {
    const withRows = streams.filter(({ rows }) => rows > 0).map(({ key }) => key);
    const found = withRows.length === 0 ? [] : await store.timeWindow(range, withRows);
    const byName = new Map(found.map((window) => [nameOf(window.key), window]));
    return streams.map(({ key }) => byName.get(nameOf(key)) ?? emptyWindow(key, range));
  }

  async function writePlace(next: JudgedPlace): Promise<void> {
    await store.writePlace(next);
    place = next;
  }

  async function timeTurn(ms: number, before: Date): Promise<{ windows: number; hasMore: boolean }> {
    for (let windows = 0; windows < TIME_WINDOWS_PER_TURN; windows++) {
      const first = await store.firstMinute(new Date(place.until));
      if (first === null) return { windows, hasMore: false };
      const since = new Date(first.getTime() - (first.getTime() % ms));
      const until = new Date(since.getTime() + ms);
      if (until > before) return { windows, hasMore: false };
      await judge({ since, until });
    }
    return { windows: TIME_WINDOWS_PER_TURN, hasMore: true };
  }

  async function rowsTurn(
    rowsPerWindow: number,
    before: Date,
  ): Promise<{ windows: number; hasMore: boolean }> {
    const due: StreamWindow[] = [];
    let hasMore = false;
    const live = await store.liveStreams(new Date(before.getTime() - LIVE_MS));
    const entries = await book.load(live.map(({ key }) => key));
    for (const { key } of live) {
      const entry = entries.get(nameOf(key));
      const after = entry?.after ? { at: new Date(entry.after.at), id: entry.after.id } : null;
      const windowsMax = ROW_WINDOWS_PER_STREAM;
      const windows = await store.rowWindows(key, { after, before, rowsPerWindow, windowsMax });
      hasMore ||= windows.length === ROW_WINDOWS_PER_STREAM;
      due.push(...windows);
    }
    due.sort((a, b) => a.until.getTime() - b.until.getTime());
    if (due.length > 0) await process(due, 0);
    return { windows: due.length, hasMore };
  }

  return {
    turn: (before) => (spec.kind === 'time' ? timeTurn(spec.ms, before) : rowsTurn(spec.rows, before)),
    judgedUntil: () => (spec.kind === 'time' ? place.judging : 0),
    get place() {
      return place;
    },
  };
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
    signals: findings.map(({ signal }) => signal),
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

function inChunks(streams: readonly StreamSize[]): StreamSize[][] {
  const chunks: StreamSize[][] = [];
  let room = 0;
  for (const stream of streams) {
    if (room < stream.signals || chunks.length === 0) {
      chunks.push([]);
      room = SIGNALS_AT_ONCE;
    }
    chunks.at(-1)?.push(stream);
    room -= stream.signals;
  }
  return chunks;
}

const emptyWindow = (key: StreamKey, { since, until }: Range): StreamWindow => ({
  key,
  since,
  until,
  rows: 0,
  summaries: new Map(),
  categories: new Map(),
});
