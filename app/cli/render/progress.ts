import { formatCount, formatShare, formatSpan } from '../../../core/format.ts';
import { lyingBar } from './bars.ts';
import { paint, plain, type Terminal, widthOf } from './terminal.ts';

export interface ProgressState {
  readonly label: string;
  /** What is counted, in the plural: `inferences`. */
  readonly noun: string;
  readonly count: number;
  /** Of the whole work, in [0, 1]; null when the whole is not known. */
  readonly doneShare: number | null;
  readonly elapsedMs: number;
}

const BAR_COLUMNS = 20;
const BAR_COLUMNS_MIN = 5;
const GAP = '  ';
/** Below this the rate of a start says nothing about the end. */
const ETA_AFTER_MS = 1000;

/** One line: bar and per cent where the end is known, count, rate, time left; the last go where there is no room. */
export function renderProgress(state: ProgressState, terminal: Terminal): string {
  const { label, noun, count, doneShare, elapsedMs } = state;
  const perSecond = elapsedMs > 0 ? (count * 1000) / elapsedMs : 0;
  const parts = [
    doneShare === null ? '' : formatShare(Math.floor(doneShare * 100) / 100),
    `${formatCount(count)} ${noun}`,
    perSecond > 0 ? `${formatCount(perSecond)}/s` : '',
    timeLeft(state),
  ];
  const texts = parts.filter(Boolean).map((part) => plain(part, terminal));
  const head = plain(label, terminal);
  // The last column stays free: some terminals break the line when it is written.
  const roomOf = (): number => terminal.columns - 1 - widthOf([head, ...texts].join(GAP));
  while (texts.length > 1 && roomOf() < 0) texts.pop();
  const barColumns = Math.min(BAR_COLUMNS, roomOf() - GAP.length);
  if (doneShare === null || barColumns < BAR_COLUMNS_MIN) return [head, ...texts].join(GAP);
  const bar = paint(lyingBar(doneShare, barColumns, terminal), 'cyan', terminal);
  return [head, bar, ...texts].join(GAP);
}

function timeLeft({ doneShare, elapsedMs }: ProgressState): string {
  if (doneShare === null || doneShare <= 0 || doneShare >= 1 || elapsedMs < ETA_AFTER_MS) return '';
  return `${formatSpan((elapsedMs * (1 - doneShare)) / doneShare)} left`;
}

/** A bar that is drawn over itself; every call does nothing unless a person watches the stream. */
export interface Progress {
  update(done: Pick<ProgressState, 'count' | 'doneShare'>): void;
  /** Takes the bar away so that something else can be printed; the next update draws it again. */
  clear(): void;
}

const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * @param stream standard error: standard output belongs to results
 * @param nowMs a monotonic clock
 */
export function startProgress(
  { label, noun }: Pick<ProgressState, 'label' | 'noun'>,
  stream: { write(text: string): unknown },
  { terminal, nowMs }: { terminal: Terminal; nowMs: () => number },
): Progress {
  const startMs = nowMs();
  let drawnMs = Number.NEGATIVE_INFINITY;
  let isShown = false;
  return {
    update(done): void {
      const now = nowMs();
      if (!terminal.isInteractive || now - drawnMs < REDRAW_MS) return;
      [drawnMs, isShown] = [now, true];
      const line = renderProgress({ label, noun, ...done, elapsedMs: now - startMs }, terminal);
      stream.write(CLEAR_LINE + line);
    },
    clear(): void {
      if (!isShown) return;
      [drawnMs, isShown] = [Number.NEGATIVE_INFINITY, false];
      stream.write(CLEAR_LINE);
    },
  };
}
