import type { Finding, StreamKey } from '../core/finding.ts';
import type { RowCursor, StreamWindow, WindowSpec } from '../core/window.ts';

/** What the schedule needs of the store. */
export interface AnalysisStore {
  /** Every stream with an inference in [since, until), whole minutes. */
  timeWindow(range: { since: Date; until: Date }): Promise<StreamWindow[]>;
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
  readStates(): Promise<ReadonlyMap<string, unknown>>;
  writeStates(states: ReadonlyMap<string, unknown>): Promise<void>;
}

/** Steps one stream by one window: the detectors, behind one function. `siblings` gives the other versions' states. */
export type StepStream = (
  state: unknown,
  window: StreamWindow,
  siblings: (key: StreamKey) => readonly Sibling[],
) => Promise<{ state: unknown; findings: readonly Finding[] }>;

/** Another version of the same model. */
export interface Sibling {
  readonly key: StreamKey;
  readonly state: unknown;
  /** End of its last window, in ms. */
  readonly until: number;
}

/** A stream's state as stored: with windows of rows, also where they are. */
interface StreamEntry extends Sibling {
  readonly after: { readonly at: number; readonly id: string } | null;
}

export interface Analysis {
  /** Processes every window that has closed by `before`; true if a bound was reached and there is more. */
  turn(before: Date): Promise<{ readonly windows: number; readonly hasMore: boolean }>;
}

/** Windows of time processed in one turn; findings of a turn are written together. */
const TIME_WINDOWS_PER_TURN = 50;
const ROW_WINDOWS_PER_STREAM = 40;
/** Streams silent for longer than this are not asked for windows of rows. */
const LIVE_MS = 30 * 86_400_000;

const CURSOR = 'cursor';

/**
 * Runs the detectors over closed windows in order. State is written after the findings it led to: killed between the
 * two, the same windows run again from the same state and give the same findings, which replace themselves.
 */
export async function openAnalysis(
  store: AnalysisStore,
  window: WindowSpec,
  step: StepStream,
): Promise<Analysis> {
  const states = new Map(await store.readStates());

  async function process(windows: readonly StreamWindow[], cursor: number | null): Promise<void> {
    const findings: Finding[] = [];
    // Nothing is taken for done before it is stored: a write that fails leaves the states as they were.
    const next = new Map(states);
    const changed = new Map<string, unknown>();
    for (const stream of windows) {
      const name = nameOf(stream.key);
      const entry = next.get(name) as StreamEntry | undefined;
      const result = await step(entry?.state ?? null, stream, (key) => siblingsOf(next, key));
      findings.push(...result.findings);
      const after =
        stream.lastId === undefined ? null : { at: stream.until.getTime() - 1, id: stream.lastId };
      const until = stream.until.getTime();
      const stepped: StreamEntry = { key: stream.key, state: result.state, until, after };
      next.set(name, stepped);
      changed.set(name, stepped);
    }
    if (cursor !== null) changed.set(CURSOR, cursor);
    await store.writeFindings(findings);
    await store.writeStates(changed);
    for (const [name, entry] of changed) states.set(name, entry);
  }

  async function timeTurn(ms: number, before: Date): Promise<{ windows: number; hasMore: boolean }> {
    let windows = 0;
    for (; windows < TIME_WINDOWS_PER_TURN; windows++) {
      const from = new Date((states.get(CURSOR) as number | undefined) ?? 0);
      const first = await store.firstMinute(from);
      if (first === null) return { windows, hasMore: false };
      const since = new Date(first.getTime() - (first.getTime() % ms));
      const until = new Date(since.getTime() + ms);
      if (until > before) return { windows, hasMore: false };
      const streams = (await store.timeWindow({ since, until })).filter(({ key }) => key.segment === '');
      await process(streams, until.getTime());
    }
    return { windows, hasMore: true };
  }

  async function rowsTurn(
    rowsPerWindow: number,
    before: Date,
  ): Promise<{ windows: number; hasMore: boolean }> {
    const due: StreamWindow[] = [];
    let hasMore = false;
    for (const { key } of await store.liveStreams(new Date(before.getTime() - LIVE_MS))) {
      const entry = states.get(nameOf(key)) as StreamEntry | undefined;
      const after = entry?.after ? { at: new Date(entry.after.at), id: entry.after.id } : null;
      const windows = await store.rowWindows(key, {
        after,
        before,
        rowsPerWindow,
        windowsMax: ROW_WINDOWS_PER_STREAM,
      });
      hasMore ||= windows.length === ROW_WINDOWS_PER_STREAM;
      due.push(...windows);
    }
    due.sort((a, b) => a.until.getTime() - b.until.getTime());
    if (due.length > 0) await process(due, null);
    return { windows: due.length, hasMore };
  }

  return {
    turn: (before) => (window.kind === 'time' ? timeTurn(window.ms, before) : rowsTurn(window.rows, before)),
  };
}

/** Name of a stream's state: its parts as a JSON array, so that no separator can be forged. */
export function nameOf({ project, model, version, segment }: StreamKey): string {
  return JSON.stringify([project, model, version, segment]);
}

function siblingsOf(states: ReadonlyMap<string, unknown>, key: StreamKey): Sibling[] {
  const siblings: Sibling[] = [];
  for (const [name, value] of states) {
    if (name === CURSOR) continue;
    const entry = value as StreamEntry;
    const isSibling =
      entry.key.project === key.project && entry.key.model === key.model && entry.key.segment === key.segment;
    if (isSibling && entry.key.version !== key.version) siblings.push(entry);
  }
  return siblings;
}
