import type { StreamWindow } from '../core/window.ts';
import type { Reading } from './drift/monitor-signal.ts';
import type { Sibling } from './step-windows.ts';

/** What a family is told of the stream it steps, beside the window. */
export interface FamilyContext {
  /** False alarms that a signal of this stream may give per window, on average (budget.ts). */
  readonly levelOf: (signal: string) => number;
  /** Part of a declared version's chance of being called different that this stream holds (`Budget.versionShareOf`). */
  readonly versionShare: number;
  /** Other versions of the same model, and what this family remembers of them. */
  readonly siblings: readonly Sibling[];
}

/** A reading of the stream itself, or of a part of it that no stream of its own stands for: a group. */
export type FamilyReading = Reading & { readonly segment?: string };

/** Detectors of one kind: what they remember of a stream is theirs alone, plain JSON, kept with the stream's state. */
export interface DetectorFamily {
  /** Names its part of the state; never changed. */
  readonly name: string;
  /** Whether the other versions matter to a stream in this state; they are read for it. Without it: always. */
  needsSiblings?(state: unknown): boolean;
  /**
   * One window of one stream. The same state and window give the same answer: after a kill they are run again.
   *
   * @param state null for a stream never seen
   */
  step(
    state: unknown,
    window: StreamWindow,
    context: FamilyContext,
  ): Promise<{ readonly state: unknown; readonly readings: readonly FamilyReading[] }>;
}
