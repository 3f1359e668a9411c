import type { Watch } from '../../analyzers/drift/monitor-signal.ts';
import type { MixShift } from '../../analyzers/power/of-mix.ts';
import type { Outlook, PowerAnswer } from '../../analyzers/power/outlook.ts';
import type { StreamEntry } from '../../analyzers/stream-book.ts';
import { checkStreamState } from '../../analyzers/stream-state.ts';
import type { StreamKey } from '../../core/finding.ts';
import type { JudgedStream } from '../../core/stream-store.ts';
import type { WindowSpec } from '../../core/window.ts';
import { STREAM_PART, type toldBy } from '../analysis.ts';
import type { MonitorPlan } from './plan.ts';

/** One signal of one stream, or of a group in it, and after how much of it a change is seen. */
export interface Explained {
  readonly stream: StreamKey;
  readonly signal: string;
  /** Of the false-alarm budget. */
  readonly share: number;
  /** Rows with a value that a window has on average; of a gap, the group's. */
  readonly rowsPerWindow: number;
  readonly change: number;
  /** What the change is of: a difference of shares, a part of each value, a part of a mix, a group over the rest. */
  readonly of: 'rate' | 'number' | MixShift['to'] | 'gap';
  /** Why nothing can be said. */
  readonly unknown: Unknown | null;
  /** Null: not within `WINDOWS_MAX`, or unknown. */
  readonly windows: number | null;
  readonly rows: number | null;
  /** Of one comparison of shares, by the formula. */
  readonly rowsOfOneLook: number | null;
  readonly spanMs: number | null;
}

export type Unknown =
  | 'no_baseline'
  | 'no_budget'
  | 'no_rows'
  /** No group has been judged. */
  | 'no_group'
  /** Neither group nor rest had the event: there is no ratio. */
  | 'no_event'
  /** The mean of few labels and many scores: what it sees depends on the labels to come. */
  | 'labels';

/** One signal of one stream, with all that an answer needs. */
export interface Question {
  readonly plan: MonitorPlan;
  readonly window: WindowSpec;
  /** Null: what people ask for. */
  readonly change: number | null;
  readonly stream: JudgedStream;
  readonly entry: StreamEntry | null;
  readonly signal: string;
  readonly level: number;
  readonly outlook: Outlook;
  readonly rowsPerWindow: number;
  /** Inferences that a window of the stream has on average, with a value or not. */
  readonly inferencesPerWindow: number;
  readonly isTold: (reading: Parameters<typeof toldBy>[0]) => boolean;
}

/** What makes an answer impossible whatever is watched. */
export function unknownOf({ level, rowsPerWindow }: Question): Unknown | null {
  if (level === 0) return 'no_budget';
  return rowsPerWindow > 0 ? null : 'no_rows';
}

/** @param at seen: null for not within `WINDOWS_MAX`; left out where it is unknown */
export function answered(
  { stream, signal, plan, window, rowsPerWindow }: Question,
  at: Pick<Explained, 'of' | 'change'> & { unknown?: Unknown | null; seen?: PowerAnswer | null },
): Explained {
  const { of, change, unknown = null, seen = null } = at;
  return {
    stream: stream.key,
    signal,
    share: plan.budget.weightOf(stream.key, signal),
    rowsPerWindow: Math.round(rowsPerWindow * 10) / 10,
    change,
    of,
    unknown,
    windows: seen?.windows ?? null,
    rows: seen?.rows ?? null,
    rowsOfOneLook: null,
    spanMs: seen && window.kind === 'time' ? seen.windows * window.ms : null,
  };
}

/** A signal as it is watched; null while its baseline is gathered. */
export function watchOf(entry: StreamEntry | null, signal: string): Watch | null {
  for (const [part, stored] of Object.entries(entry?.state ?? {})) {
    if (part !== STREAM_PART && !part.startsWith(`${STREAM_PART}:`)) continue;
    const found = checkStreamState(stored).signals[signal];
    if (found?.phase === 'watching') return found.watch;
  }
  return null;
}
