import type { CategoryState } from '../../analyzers/categories/category-state.ts';
import { signalsState } from '../../analyzers/categories/step-signals.ts';
import { levelOf } from '../../analyzers/drift/sample.ts';
import { binsFromOf } from '../../analyzers/embeddings/family.ts';
import { type MixShift, windowsToSeeMix } from '../../analyzers/power/of-mix.ts';
import { rowsOfComparison, windowsToSee } from '../../analyzers/power/of-signal.ts';
import { joinState } from '../../analyzers/state-parts.ts';
import type { StreamEntry } from '../../analyzers/stream-book.ts';
import { JUDGE_BIAS_PREFIX, QUALITY_PREFIX } from '../../core/judged-signals.ts';
import type { Monitor } from '../../core/monitor.ts';
import { DISPARITY_PREFIX, type SignalSpec, signalSpec } from '../../core/signals.ts';
import type { JudgedStream } from '../../core/stream-store.ts';
import type { WindowSpec } from '../../core/window.ts';
import { INFERENCES } from '../../sql/queries/signal-rows.ts';
import { toldBy } from '../analysis.ts';
import { explainGaps } from './explain-gaps.ts';
import { answered, type Explained, type Question, unknownOf, watchOf } from './explained.ts';
import type { MonitorPlan } from './plan.ts';
import type { MonitorReads } from './reads.ts';
import { rowsByHour } from './rows-by-hour.ts';

export interface ExplainOptions {
  readonly plan: MonitorPlan;
  readonly monitors: readonly Monitor[];
  readonly window: WindowSpec;
  readonly isAsked: (signal: string) => boolean;
  /** Null: what people ask for. */
  readonly change: number | null;
  readonly interrupted: AbortSignal;
  readonly onProgress: (count: number, of: number) => void;
}

/** Streams that are explained: wholes first, then by inferences. */
const STREAMS_MAX = 10;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** After how many windows and rows each signal that is asked for sees a change, in each of the largest streams. */
export async function explain(reads: MonitorReads, options: ExplainOptions): Promise<Explained[]> {
  const { plan, isAsked, interrupted, onProgress } = options;
  const largest = [...plan.streams]
    .sort((a, b) => Number(a.key.segment !== '') - Number(b.key.segment !== '') || b.rows - a.rows)
    .slice(0, STREAMS_MAX)
    .map((stream) => ({ stream, signals: stream.signals.filter(isAsked) }));
  const all = largest.reduce((sum, { signals }) => sum + signals.length, 0);
  const explained: Explained[] = [];
  let done = 0;
  for (const { stream, signals } of largest) {
    if (signals.length === 0) continue;
    const known = await readStream(reads, stream, plan);
    for (const signal of signals) {
      interrupted.throwIfAborted();
      explained.push(...explainSignal(await questionOf(reads, { known, signal }, options)));
      onProgress(++done, all);
    }
  }
  return explained;
}

interface KnownStream {
  readonly stream: JudgedStream;
  readonly entry: StreamEntry | null;
  readonly sessionRows: ReadonlyMap<string, number>;
  /** Inferences of the last week. */
  readonly rows: number;
  readonly rowsInHour: (at: Date) => number;
}

/** Where the stream stands, and what traffic it has had in the last week. */
async function readStream(
  reads: MonitorReads,
  stream: JudgedStream,
  { streams }: MonitorPlan,
): Promise<KnownStream> {
  // The same span for all streams, in whole minutes.
  const lastMs = Math.max(0, ...streams.map(({ until }) => until.getTime()));
  const untilMs = lastMs - (lastMs % MINUTE_MS);
  const lastDay = { since: new Date(Math.max(0, untilMs - DAY_MS)), until: new Date(untilMs) };
  const { parts, sessionRows } = await reads.stream(stream.key, lastDay);
  const past = await reads.history({ key: stream.key, signal: INFERENCES }, weekOf(stream, HOUR_MS));
  const hours = past.map(({ sinceMs, summary }) => ({ sinceMs, rows: summary.count }));
  return {
    stream,
    entry: joinState(parts) as StreamEntry | null,
    sessionRows,
    rows: hours.reduce((sum, { rows }) => sum + rows, 0),
    rowsInHour: rowsByHour(hours, stream.until.getTime()),
  };
}

/** The last week of a stream, in whole hours. */
function weekOf({ until }: JudgedStream, windowMs: number) {
  const untilMs = Math.ceil(until.getTime() / HOUR_MS) * HOUR_MS;
  return { since: new Date(Math.max(0, untilMs - WEEK_MS)), until: new Date(untilMs), windowMs };
}

async function questionOf(
  reads: MonitorReads,
  { known, signal }: { known: KnownStream; signal: string },
  { plan, monitors, window, change }: ExplainOptions,
): Promise<Question> {
  const { stream, entry, sessionRows, rowsInHour } = known;
  const { key } = stream;
  const own = signal.startsWith(DISPARITY_PREFIX) ? signal.slice(DISPARITY_PREFIX.length) : signal;
  const days = await reads.history({ key, signal: own }, weekOf(stream, DAY_MS));
  const valued = days.reduce((sum, { summary }) => sum + summary.count, 0) / Math.max(1, known.rows);
  const windowMs = window.kind === 'time' ? window.ms : HOUR_MS;
  const stepMs = Math.min(HOUR_MS, windowMs);
  const inferencesIn = ({ since, until }: { since: Date; until: Date }): number => {
    if (window.kind === 'rows') return window.rows;
    let sum = 0;
    for (let ms = since.getTime(); ms < until.getTime(); ms += stepMs) sum += rowsInHour(new Date(ms));
    return (sum * stepMs) / HOUR_MS;
  };
  const week = { since: stream.until, until: new Date(stream.until.getTime() + WEEK_MS) };
  const inferencesPerWindow =
    window.kind === 'rows' ? window.rows : inferencesIn(week) * (windowMs / WEEK_MS);
  return {
    ...{ stream, entry, signal, plan, window, change },
    level: plan.budget.levelOf(key, signal),
    outlook: {
      isTimed: window.kind === 'time',
      from: stream.until,
      windowMs,
      rowsAt: (at) => inferencesIn(at) * valued,
      sessionRows: Math.max(1, sessionRows.get(own) ?? 1),
    },
    rowsPerWindow: inferencesPerWindow * valued,
    inferencesPerWindow,
    isTold: (reading) => toldBy(reading, monitors, key).some(({ outcome }) => outcome === 'alarm'),
  };
}

function explainSignal(question: Question): Explained[] {
  const { signal } = question;
  const spec = signalSpec(signal);
  if (signal.startsWith(DISPARITY_PREFIX)) return explainGaps(question);
  if (spec.kind === 'category') return [explainMix(question, spec)];
  if (signal.startsWith(QUALITY_PREFIX) || signal.startsWith(JUDGE_BIAS_PREFIX))
    return [answered(question, { of: 'rate', change: question.change ?? CHANGE_OF_RATE, unknown: 'labels' })];
  return [explainLevel(question)];
}

/** What people ask for, where they do not say. */
const CHANGE_OF_RATE = 0.02;
const CHANGE_OF_NUMBER = 0.3;
const CHANGE_OF_MIX = 0.05;

function explainLevel(question: Question): Explained {
  const { signal, level, outlook, isTold } = question;
  const watch = watchOf(question.entry, signal);
  const isRate = watch ? watch.kind === 'rate' : signalSpec(signal).kind === 'rate';
  const change = question.change ?? (isRate ? CHANGE_OF_RATE : CHANGE_OF_NUMBER);
  const asked = { of: isRate ? 'rate' : 'number', change } as const;
  const unknown = unknownOf(question) ?? (watch ? null : 'no_baseline');
  if (!watch || unknown) return answered(question, { ...asked, unknown });
  const seen = windowsToSee({ signal, watch, change, outlook, level, isTold });
  const share = isRate ? levelOf(watch.baseline, 'rate') : null;
  const rowsOfOneLook = share === null ? null : rowsOfComparison(share, change, level);
  return { ...answered(question, { ...asked, seen }), rowsOfOneLook };
}

function explainMix(question: Question, spec: SignalSpec): Explained {
  const { signal, level, outlook, isTold } = question;
  const state = mixOf(question.entry, signal);
  const share = Math.min(1, question.change ?? CHANGE_OF_MIX);
  const shift: MixShift = { to: placeOf(spec, share), share };
  const asked = { of: shift.to, change: share };
  const unknown = unknownOf(question) ?? (state?.phase === 'watching' ? null : 'no_baseline');
  if (state?.phase !== 'watching' || unknown) return answered(question, { ...asked, unknown });
  const binsFrom = binsFromOf(spec);
  const seen = windowsToSeeMix({ signal, watch: state, binsFrom, shift, outlook, level, isTold });
  return answered(question, { ...asked, seen });
}

/** Cells say what lies outside the usual topics; every text has one of the topics of its map; elsewhere there may be a new category. */
function placeOf({ name, source }: SignalSpec, share: number): MixShift['to'] {
  if (share < 0) return 'commonest';
  if (name.endsWith('_cell')) return 'outside';
  return source === 'map' ? 'commonest' : 'new';
}

/** States of a map are named by the signal and the map. */
function mixOf(entry: StreamEntry | null, signal: string): CategoryState | null {
  const states = ['categories', 'embeddings'].flatMap((family) =>
    Object.entries(signalsState(entry?.state[family]).signals),
  );
  return states.findLast(([key]) => key === signal || key.startsWith(`${signal} `))?.[1] ?? null;
}
