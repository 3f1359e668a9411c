import type { Verdict } from '../../../core/finding.ts';
import { formatCount, formatExact, formatShare, formatTimes, plural } from '../../../core/format.ts';
import type { Incident } from '../../../core/incident.ts';
import {
  effectWords,
  incidentTitle,
  lowerFirst,
  pairWords,
  sideWords,
  VERDICT_LABELS,
} from '../../../core/incident-words.ts';
import { signalWords } from '../../../core/signal-words.ts';
import { renderHistograms } from './histogram.ts';
import { type Ink, paint, plain, type Terminal, wrap } from './terminal.ts';

export const VERDICT_INKS: Readonly<Record<Verdict, Ink>> = {
  regression: 'red',
  improvement: 'green',
  change: 'yellow',
};

const INDENT = 2;
const LABEL_COLUMNS = 10;

/** An incident as a block of lines, the last ended by a line feed: what changed, its picture, its figures. */
export function renderIncident(incident: Incident, terminal: Terminal): string {
  const ink = VERDICT_INKS[incident.verdict];
  const lines = [
    ...titleLines(incident, ink, terminal),
    '',
    ...renderHistograms(incident, { ink, indent: INDENT }, terminal),
    '',
    ...factsOf(incident).flatMap(([label, value]) => factLines({ label, value }, terminal)),
  ];
  return `${lines.join('\n')}\n`;
}

function titleLines(incident: Incident, ink: Ink, terminal: Terminal): string[] {
  const label = VERDICT_LABELS[incident.verdict].toUpperCase();
  const state = incident.state === 'open' ? '' : `, ${incident.state}`;
  const text = plain(`${label}${state} · ${incidentTitle(incident)}`, terminal);
  return wrap(text, terminal.columns).map((line, index) => {
    if (index > 0) return paint(line, 'bold', terminal);
    const head = paint(line.slice(0, label.length), ['bold', ink], terminal);
    return head + paint(line.slice(label.length), 'bold', terminal);
  });
}

function factsOf(incident: Incident): [label: string, value: string][] {
  const { samples, signals, signal, baselineVersion, detector } = incident;
  const also = signals.filter((name) => name !== signal).map((name) => lowerFirst(signalWords(name).label));
  const sides = sideWords(incident);
  const against = baselineVersion ? ` (${baselineVersion})` : '';
  return [
    [detector === 'rate' ? 'share' : 'value', pairWords(incident)],
    ['effect', effectOf(incident)],
    ['since', `${formatExact(incident.since)}, noticed ${formatExact(incident.openedAt)}`],
    [
      'samples',
      `${plural(samples.baseline, 'inference')} ${sides.before}${against}, ${formatCount(samples.current)} ${sides.after}`,
    ],
    ['evidence', `${formatTimes(incident.evidence)} what an alarm needs`],
    ...(also.length > 0 ? ([['also', also.join(', ')]] as [string, string][]) : []),
  ];
}

/** The effect, and what a δ says to someone who does not know it. */
function effectOf({ effect, detector }: Incident): string {
  const words = effectWords(effect);
  if (effect.name !== 'cliffs_delta') return words;
  const share = formatShare((1 + Math.abs(effect.value)) / 2);
  const { after } = sideWords({ detector });
  return `${words}: ${effect.value < 0 ? 'lower' : 'higher'} ${after} in about ${share} of pairs`;
}

function factLines({ label, value }: { label: string; value: string }, terminal: Terminal): string[] {
  const room = terminal.columns - INDENT - LABEL_COLUMNS;
  return wrap(plain(value, terminal), room).map((line, index) => {
    const head = index === 0 ? label.padEnd(LABEL_COLUMNS) : ' '.repeat(LABEL_COLUMNS);
    return `${' '.repeat(INDENT)}${paint(head, 'dim', terminal)}${line}`;
  });
}
