import { seededRandom } from '../../core/seeded-random.ts';

/** The windows to come of one signal, as they usually are. */
export interface Outlook {
  readonly isTimed: boolean;
  /** Start of the first window that has the change. */
  readonly from: Date;
  readonly windowMs: number;
  /** Rows with a value that a window at that time has on average. */
  readonly rowsAt: (window: { readonly since: Date; readonly until: Date }) => number;
  /** Rows in the session of an average row; at least 1. */
  readonly sessionRows: number;
}

export interface ComingWindow {
  readonly since: Date;
  readonly until: Date;
  /** A positive whole number. */
  readonly rows: number;
  readonly isChanged: boolean;
}

export interface PowerAnswer {
  /** Windows with the change until it is called, in the middling case. */
  readonly windows: number;
  readonly rows: number;
}

/** Whether what is said of a window calls the change; a state of its own from call to call. */
type Judge = (window: ComingWindow) => boolean;

/** A change that is not called within so many windows is told as not seen: nobody plans with a longer wait. */
export const WINDOWS_MAX = 200;
/** Windows before the change: what detectors keep of single windows is full of ordinary ones by then. */
const CALM_WINDOWS = 24;
/** Their median is the middling case to within a third or so. */
const DRAWS = 15;
/** When none of so many has been called, the middling case is hardly one that is. */
const UNSEEN_DRAWS = 3;

/**
 * Windows and rows until a change is called: the median over draws of the windows to come, the same ones whenever it is asked. Null if most
 * do not call it within `WINDOWS_MAX`; of what is never called few are made.
 *
 * @param judgeOf a detector at its start, and the windows that it is shown
 */
export function middlingCase(outlook: Outlook, judgeOf: (random: () => number) => Judge): PowerAnswer | null {
  const found: PowerAnswer[] = [];
  const half = Math.floor(DRAWS / 2);
  for (let draw = 0; draw < DRAWS; draw++) {
    const answer = windowsUntilCalled(outlook, judgeOf(seededRandom(draw + 1)));
    if (answer) found.push(answer);
    const unseen = draw + 1 - found.length;
    if (unseen > half || (unseen >= UNSEEN_DRAWS && found.length === 0)) return null;
  }
  return found.toSorted((a, b) => a.windows - b.windows)[half] ?? null;
}

/** Of one draw. A window without a row is not judged, and time passes. */
function windowsUntilCalled({ from, windowMs, rowsAt }: Outlook, judge: Judge): PowerAnswer | null {
  let [left, rowsSeen] = [0.5, 0];
  for (let place = -CALM_WINDOWS; place < WINDOWS_MAX; place++) {
    const since = new Date(from.getTime() + place * windowMs);
    const until = new Date(since.getTime() + windowMs);
    // Carried over, so that a row in every other window is one.
    left += rowsAt({ since, until });
    const rows = Math.floor(left);
    left -= rows;
    const isChanged = place >= 0;
    if (isChanged) rowsSeen += rows;
    if (rows > 0 && judge({ since, until, rows, isChanged }) && isChanged)
      return { windows: place + 1, rows: rowsSeen };
  }
  return null;
}
