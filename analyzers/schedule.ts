import { type Finding, type StreamKey, streamName } from '../core/finding.ts';
import { groupBy } from '../core/group-by.ts';
import type { JudgedPlace, TooLate } from '../core/stream-store.ts';
import type { LatePart, RowCursor, StreamSize, StreamWindow } from '../core/window.ts';
import { DETECTOR_SHARE } from './drift/monitor-signal.ts';
import { together } from './page-evidence.ts';
import {
  type AnalysisOptions,
  type SteppedLeaf,
  type StepWindows,
  WATCHED_MS,
  windowStepper,
} from './step-windows.ts';
import { openStreamBook, type StreamBook, type StreamStore } from './stream-book.ts';
import { watchList } from './watch-list.ts';
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
  ): Promise<{ readonly parts: readonly LatePart[]; readonly tooLate: TooLate }>;
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
/** Signals whose windows and states are in memory together: some tens of MB. */
const SIGNALS_AT_ONCE = 250;

const NOWHERE: JudgedPlace = {
  until: 0,
  judging: 0,
  late: 0,
  leftOut: { streams: 0, signals: 0, lateRows: 0, lateScores: 0, lateLabels: 0 },
  together: null,
};

/**
 * Runs the detectors over closed windows in order. State is written after the findings it led to: killed between the
 * two, the same windows run again from the same state and give the same findings, which replace themselves. A stream
 * that is beyond a window has been judged on it, and is left out when the window runs again.
 */
export async function openAnalysis(store: AnalysisStore, options: AnalysisOptions): Promise<Analysis> {
  const { window: spec } = options;
  const book = await openStreamBook(store);
  const step = windowStepper(store, book, options);
  const places = await openPlace(store);
  const judge = timeJudge(store, {
    book,
    step,
    places,
    signalsMax: options.signalsMax,
    watches: options.watches ?? (() => true),
  });

  async function timeTurn(ms: number, before: Date): Promise<{ windows: number; hasMore: boolean }> {
    for (let windows = 0; windows < TIME_WINDOWS_PER_TURN; windows++) {
      const first = await store.firstMinute(new Date(places.place().until));
      if (first === null) return { windows, hasMore: false };
      const since = new Date(first.getTime() - (first.getTime() % ms));
      const until = new Date(since.getTime() + ms);
      if (until > before) return { windows, hasMore: false };
      await judge.window({ since, until });
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
      const entry = entries.get(streamName(key));
      const after = entry?.after ? { at: new Date(entry.after.at), id: entry.after.id } : null;
      const windowsMax = ROW_WINDOWS_PER_STREAM;
      const windows = await store.rowWindows(key, { after, before, rowsPerWindow, windowsMax });
      hasMore ||= windows.length === ROW_WINDOWS_PER_STREAM;
      due.push(...windows);
    }
    due.sort((a, b) => a.until.getTime() - b.until.getTime());
    if (due.length > 0) await step(due, { late: 0, together: null });
    return { windows: due.length, hasMore };
  }

  return {
    turn: (before) => (spec.kind === 'time' ? timeTurn(spec.ms, before) : rowsTurn(spec.rows, before)),
    judgedUntil: () => (spec.kind === 'time' ? places.place().judging : 0),
    get place() {
      return places.place();
    },
  };
}

interface Places {
  place(): JudgedPlace;
  move(next: JudgedPlace): Promise<void>;
}

async function openPlace(store: AnalysisStore): Promise<Places> {
  // A place that an earlier version wrote has less in it.
  const read = await store.readPlace();
  let place: JudgedPlace = { ...NOWHERE, ...read, leftOut: { ...NOWHERE.leftOut, ...read?.leftOut } };
  return {
    place: () => place,
    async move(next) {
      await store.writePlace(next);
      place = next;
    },
  };
}

/** Judges one window of time in every stream that there is room for, some at a time. */
function timeJudge(
  store: AnalysisStore,
  at: {
    book: StreamBook;
    step: StepWindows;
    places: Places;
    signalsMax: number;
    watches: (key: StreamKey) => boolean;
  },
): { window(range: Range): Promise<void> } {
  const { book, step, places, signalsMax, watches } = at;
  async function judgeWindow(range: Range): Promise<void> {
    const leaves: SteppedLeaf[] = [];
    const place = places.place();
    const until = range.until.getTime();
    const revision = store.revision();
    const known = book.judgedSince(until - WATCHED_MS);
    const found = (await store.streamsIn(range)).filter(({ key }) => watches(key));
    const { judged, leftOut } = watchList(found, known, signalsMax);
    const { parts, tooLate } = await store.lateParts(range.since, { after: place.late, until: revision });
    const late = groupBy(parts, ({ key }) => streamName(key));
    const here = new Set(judged.map(({ key }) => streamName(key)));
    const lateOnly = [...late.values()]
      .flatMap(([part]) => (part && known.has(streamName(part.key)) ? [part.key] : []))
      .filter((key) => !here.has(streamName(key)) && watches(key))
      .map((key) => ({ key, rows: 0, signals: known.get(streamName(key))?.signals.length ?? 0 }));
    if (place.judging < until) await places.move({ ...place, judging: until });
    let lateUntil = revision;
    for (const streams of inChunks([...judged, ...lateOnly])) {
      const entries = await book.load(streams.map(({ key }) => key));
      const due = streams.filter(({ key }) => {
        const entry = entries.get(streamName(key));
        const isDone = entry !== undefined && entry.until >= until;
        if (isDone) lateUntil = Math.min(lateUntil, entry.late);
        return !isDone;
      });
      const windows = await windowsOf(store, range, due);
      const whole = windows.map((window) => {
        const after = entries.get(streamName(window.key))?.late ?? 0;
        const ofStream = late.get(streamName(window.key)) ?? [];
        return withLate(
          window,
          ofStream.filter((part) => part.revision > after),
        );
      });
      if (whole.length > 0) leaves.push(...(await step(whole, { late: revision, together: place.together })));
    }
    const { lateRows, lateScores, lateLabels } = place.leftOut;
    const allLate = {
      lateRows: lateRows + tooLate.lateRows,
      lateScores: lateScores + tooLate.lateScores,
      lateLabels: lateLabels + tooLate.lateLabels,
    };
    const said = together(leaves, (leaves[0]?.total ?? 0) * DETECTOR_SHARE);
    await places.move({
      ...{ until, judging: until, late: lateUntil, leftOut: { ...leftOut, ...allLate } },
      together: said,
    });
  }
  return { window: judgeWindow };
}

async function windowsOf(
  store: AnalysisStore,
  range: Range,
  streams: readonly StreamSize[],
): Promise<StreamWindow[]> {
  const withRows = streams.filter(({ rows }) => rows > 0).map(({ key }) => key);
  const found = withRows.length === 0 ? [] : await store.timeWindow(range, withRows);
  const byName = new Map(found.map((window) => [streamName(window.key), window]));
  return streams.map(({ key }) => byName.get(streamName(key)) ?? emptyWindow(key, range));
}

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
