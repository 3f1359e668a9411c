import type { Finding } from '../../../core/finding.ts';
import { formatCount, formatPair } from '../../../core/format.ts';
import {
  changeWords,
  evidenceWords,
  isRateChange,
  lowerFirst,
  pairWords,
  streamName,
  unitOf,
} from '../../../core/incident-words.ts';
import { signalWords } from '../../../core/signal-words.ts';
import { VERDICT_INKS } from './incident.ts';
import { fitted, type Ink, paint, plain, type Terminal, widthOf } from './terminal.ts';

/** One finding on one line, not ended: a mark, the clock of its window's end (UTC), the stream, what was seen. */
export function renderFinding(finding: Finding, terminal: Terminal): string {
  const { mark, ink } = markOf(finding);
  const head = `${finding.until.toISOString().slice(11, 19)} ${streamName(finding)}:`;
  const [words, evidence] = findingWords(finding);
  const short = plain(`${head} ${words}`, terminal);
  const full = evidence === '' ? short : plain(`${head} ${words}, ${evidence}`, terminal);
  const painted = paint(plain(mark, terminal), ink, terminal);
  const shown = fittingLine([full, short], terminal);
  return `${painted} ${finding.outcome === 'alarm' ? shown : paint(shown, 'dim', terminal)}`;
}

/** The first that fits behind the mark, else the last one cut. A pipe takes whole lines. */
function fittingLine([full, short]: readonly [string, string], terminal: Terminal): string {
  const width = terminal.columns - 2;
  if (!terminal.isInteractive || widthOf(full) <= width) return full;
  return widthOf(short) <= width ? short : fitted(short, { width }, terminal);
}

/** What a finding says, without its stream, and how sure it is; the latter empty unless it alarms. */
function findingWords(finding: Finding): [words: string, evidence: string] {
  const { direction, effect, before, after } = finding;
  const { label } = signalWords(finding.signal);
  if (finding.outcome === 'not_enough_data') {
    return [`not enough data for ${lowerFirst(label)}, ${neededWords(finding.rowsNeeded)}`, ''];
  }
  if (
    finding.outcome === 'quiet' ||
    direction === null ||
    effect === null ||
    before === null ||
    after === null
  ) {
    const pair = formatPair(before, after, unitOf(finding.signal, isRateChange(finding)));
    return [`${lowerFirst(label)} unchanged (${pair})`, ''];
  }
  const change = { ...finding, direction, effect, before, after };
  return [`${changeWords(change)} (${pairWords(change)})`, evidenceWords(finding)];
}

function neededWords(rows: number | null): string {
  if (rows === null) return 'needs more inferences';
  return `needs about ${formatCount(rows)} more ${rows === 1 ? 'inference' : 'inferences'}`;
}

function markOf({ outcome, verdict }: Finding): { mark: string; ink: Ink } {
  if (outcome === 'not_enough_data') return { mark: '○', ink: 'dim' };
  if (outcome === 'quiet') return { mark: '·', ink: 'dim' };
  return { mark: '●', ink: verdict === null ? 'yellow' : VERDICT_INKS[verdict] };
}
