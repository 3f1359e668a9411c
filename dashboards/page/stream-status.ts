import { SCORE_PREFIX } from '../../core/signals.ts';
import type { LatestFinding, StreamStatus } from './api.ts';

/** What the status of a stream is made from: the latest finding of each of its signals. */
export type StatusFinding = Pick<LatestFinding, 'outcome' | 'rowsNeeded' | 'samples'>;

/**
 * How a stream is. One verdict is enough for `ok`; without any, it is `learning` while no finding has had a full
 * baseline to compare with. The rows needed are those until the first signal has its verdict.
 */
export function streamStatus(input: {
  findings: readonly StatusFinding[];
  openIncidents: number;
  signalsSeen: number;
}): StreamStatus {
  const { findings, openIncidents, signalsSeen } = input;
  const checked = findings.filter(({ outcome }) => outcome !== 'not_enough_data');
  const waiting = findings.flatMap(({ rowsNeeded }) => (rowsNeeded === null ? [] : [rowsNeeded]));
  const isLearning = findings.every(({ samples }) => samples.baseline === 0 || samples.current === 0);
  const counts = { signalsChecked: checked.length, signalsSeen: Math.max(signalsSeen, checked.length) };
  if (openIncidents > 0) return { state: 'incident', rowsNeeded: null, ...counts };
  if (checked.length > 0) return { state: 'ok', rowsNeeded: null, ...counts };
  const rowsNeeded = waiting.length > 0 ? Math.min(...waiting) : null;
  return { state: isLearning ? 'learning' : 'not_enough_data', rowsNeeded, ...counts };
}

/** Which signals the overview shows first, where they have data. */
export const IMPORTANT_SIGNALS: readonly string[] = [
  'latency_ms',
  'response_characters',
  'error',
  'refusal',
  'cost_micro_usd',
  'readability',
];
const SPARKLINES_MAX = 4;

/** At most four signals worth a place on the overview: those of open incidents, scores, then the usual ones. */
export function sparklineSignals(seen: readonly string[], inIncidents: readonly string[]): string[] {
  const scores = seen.filter((signal) => signal.startsWith(SCORE_PREFIX));
  const wanted = [...inIncidents, ...scores.slice(0, 1), ...IMPORTANT_SIGNALS, ...scores.slice(1)];
  return [...new Set(wanted)].filter((signal) => seen.includes(signal)).slice(0, SPARKLINES_MAX);
}
