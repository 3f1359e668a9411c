import type { SessionSums } from '../../core/window.ts';
import type { Recent } from '../drift/recent.ts';
import type { Bins } from './bins.ts';
import type { Counts } from './counts.ts';
import type { Course } from './course.ts';
import { type Dispersion, NO_DISPERSION } from './dispersion.ts';
import type { MixChange } from './mix-change.ts';
import type { CategoryOptions } from './options.ts';
import { EMPTY_GATHERING, type FrozenReference, type Gathering } from './reference.ts';
import { EMPTY_WAGER, type Wager } from './wager.ts';

/** A change of mix that was called and has not gone away; JSON. */
export interface Standing {
  /** Cramér's V when it was called. */
  readonly size: number;
  readonly evidence: number;
  /** Start of the first window that counts, ISO 8601. */
  readonly since: string;
  readonly windows: number;
  readonly quietWindows: number;
}

/** What is remembered of one category signal of one stream; JSON. */
export type CategoryState =
  | {
      readonly phase: 'gathering';
      readonly gathering: Gathering;
      /** Of its sessions alone. */
      readonly dispersion: Dispersion;
      /** With windows of time. */
      readonly course?: Course;
    }
  | {
      readonly phase: 'watching';
      readonly reference: FrozenReference;
      readonly dispersion: Dispersion;
      /** Rows by bin of the last windows, of which nothing is learned yet. */
      readonly pending?: readonly (readonly number[])[];
      readonly wager: Wager;
      /** Rows by number of bin. */
      readonly recent: Recent;
      readonly standing: Standing | null;
      /** With windows of time, while the reference matures. */
      readonly course?: Course;
    };

export type CategoryWatch = Extract<CategoryState, { phase: 'watching' }>;

export interface CategoryWindow {
  readonly since: Date;
  readonly until: Date;
  readonly counts: Counts;
  /** How its rows fall into sessions; without it each is one of its own. */
  readonly sessions?: SessionSums | undefined;
}

export interface CategorySettings {
  /** False alarms that this signal may give per window, on average. */
  readonly level: number;
  readonly options: CategoryOptions;
  /** Bins that a reference makes (bins.ts). */
  readonly binsFrom: (reference: Counts) => Bins;
}

/** What a window said of a signal. */
export interface Judged {
  readonly outcome: 'alarm' | 'quiet' | 'not_enough_data';
  /** Null without enough data. */
  readonly change: MixChange | null;
  /** Rows that the change is seen in. */
  readonly rows: number;
  readonly evidence: number;
  readonly changedSince: Date;
  readonly becameBaseline: boolean;
  readonly rowsNeeded: number | null;
}

export const NEW_CATEGORY_STATE: CategoryState = {
  phase: 'gathering',
  gathering: EMPTY_GATHERING,
  dispersion: NO_DISPERSION,
};

/** A watch at its start. */
export function watchMix(
  { reference, dispersion }: Pick<CategoryWatch, 'reference' | 'dispersion'>,
  course?: Course,
): CategoryWatch {
  const watch = {
    phase: 'watching',
    reference,
    dispersion,
    wager: EMPTY_WAGER,
    recent: [],
    standing: null,
  } as const;
  return course ? { ...watch, course } : watch;
}

/** A state of before windows were compared with their neighbours: what was known counts as little. */
export function takenOver(state: CategoryState): CategoryState {
  const [df, designEffect] = [20, state.phase === 'watching' ? state.reference.designEffect : 1];
  const scales = state.phase === 'watching' ? [{ chiSquared: df * designEffect, df, waiting: null }] : [];
  return { ...state, dispersion: { ...NO_DISPERSION, scales } };
}
