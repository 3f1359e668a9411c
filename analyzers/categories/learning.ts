import { DOUBT, isOrdinary, MATURE_MS } from '../drift/maturing.ts';
import {
  type CategorySettings,
  type CategoryState,
  type CategoryWindow,
  type Judged,
  watchMix,
} from './category-state.ts';
import { addToCourse, newCourse, ripened } from './course.ts';
import { addNeighbours, addSessionsOf, faded, interrupted, scalesFor } from './dispersion.ts';

/** A signal after a window, and what was said of it. */
export interface Stepped {
  readonly state: CategoryState;
  readonly judged: Judged;
}

interface LearnAt {
  readonly window: CategoryWindow;
  readonly settings: CategorySettings;
}

/** Whether a window is one of those that say how the mix is without a change. */
const isCalm = ({ state, judged }: Stepped): boolean =>
  state.phase === 'watching' && !state.standing && judged.outcome === 'quiet' && judged.evidence <= DOUBT;

/** Windows that wait before it is learned from them how windows vary: among the last there may be the first of a change. */
const PENDING_MIN = 6;
/** Longer than this no change remains in doubt. */
const PENDING_MAX = 40;

/**
 * Adds to what is known of how windows vary; those after it are judged by that. Windows in doubt wait until they turn out to be chance:
 * left out for good, they would make windows look more alike than they are. What turns out to be a change is left out, and what
 * stands is, too: it comes and goes at an edge of its own.
 */
export function learn(stepped: Stepped, rows: readonly number[], { window, settings }: LearnAt): Stepped {
  const { state, judged } = stepped;
  if (state.phase === 'gathering' || state.standing) return stepped;
  const waiting = [...(state.pending ?? []), rows];
  const ready = Math.max(0, waiting.length - (isCalm(stepped) ? PENDING_MIN : PENDING_MAX));
  const at = { scales: scalesOf(window, settings) };
  const dispersion = waiting
    .slice(0, ready)
    .reduce(
      (known, one) => addNeighbours(known, one, at),
      addSessionsOf(state.dispersion, window.sessions, window.counts),
    );
  return { state: { ...state, dispersion, pending: waiting.slice(ready) }, judged };
}

/** How many lengths of stretches of such windows are looked at. */
export const scalesOf = ({ since, until }: CategoryWindow, { options }: CategorySettings): number =>
  scalesFor(options.isTimed ? until.getTime() - since.getTime() : null);

/** A reference of windows of time grows with the calm ones, as other baselines do (stream-signal.ts); then it stays. */
export function mature(stepped: Stepped, { window, settings }: LearnAt): Stepped {
  const { state, judged } = stepped;
  if (state.phase === 'gathering' || (state.reference.spanMs ?? 0) >= MATURE_MS) return stepped;
  const { standing, reference, course = newCourse(window.since) } = state;
  if (!isOrdinary(standing, window.until)) return stepped;
  const grown = addToCourse(course, window);
  const next = isCalm(stepped) ? ripened(grown, window.until, { ...state, ...settings }) : null;
  if (!next) return { state: { ...state, course: grown }, judged };
  // What hours differ by is taken off from here on, and was not before.
  const dispersion = reference.season ? state.dispersion : faded(state.dispersion);
  const fresh = { reference: next, dispersion: interrupted(dispersion) };
  const isMature = (next.spanMs ?? 0) >= MATURE_MS;
  return { state: isMature ? watchMix(fresh) : watchMix(fresh, grown), judged };
}
