import { checkState } from '../../analyzers/fairness/disparities.ts';
import { DEFAULT_FAIRNESS_OPTIONS } from '../../analyzers/fairness/options.ts';
import type { GroupWatch } from '../../analyzers/fairness/watch-group.ts';
import { rowsOfGap, windowsToSeeGap } from '../../analyzers/power/of-gap.ts';
import { checkStreamState } from '../../analyzers/stream-state.ts';
import { DISPARITY_PREFIX } from '../../core/signals.ts';
import { STREAM_PART } from '../analysis.ts';
import { answered, type Explained, type Question, unknownOf, watchOf } from './explained.ts';

/** What people ask for, where they do not say: half as much again as the rest. */
const CHANGE_OF_GAP = 0.5;

interface Group {
  readonly attribute: string;
  readonly value: string;
  readonly watch: GroupWatch;
}

/** Of a signal's groups the largest and the smallest: what lies between them is seen in between. */
export function explainGaps(question: Question): Explained[] {
  const { entry } = question;
  const signal = question.signal.slice(DISPARITY_PREFIX.length);
  const change = question.change ?? CHANGE_OF_GAP;
  const asked = { of: 'gap', change } as const;
  const state = checkState(entry?.state['disparities']);
  const groups = Object.entries(state.groups)
    .map(([name, watch]) => ({ name: JSON.parse(name) as [string, string, string], watch }))
    .filter(({ name }) => name[2] === signal)
    .map(({ name: [attribute, value], watch }): Group => ({ attribute, value, watch }))
    .sort((a, b) => b.watch.long.group.rows - a.watch.long.group.rows);
  const [largest, smallest] = [groups[0], groups.at(-1)];
  if (!largest || !smallest) return [answered(question, { ...asked, unknown: 'no_group' })];
  const isTwo = largest.attribute !== smallest.attribute || largest.value !== smallest.value;
  const isComplement = isTwo && groups.length === 2 && largest.attribute === smallest.attribute;
  const chosen = isTwo && !isComplement ? [largest, smallest] : [smallest];
  return chosen.map(({ attribute, value, watch }) => {
    const { long } = watch;
    const perWindow = rowsOfGap(long) / fadedWindows(question);
    const ofGroup = (perWindow * long.group.rows) / Math.max(1, rowsOfGap(long));
    const key = { ...question.stream.key, segment: `${attribute}=${value}` };
    const told = { ...question, rowsPerWindow: ofGroup };
    const numbers = watchOf(entry, signal)?.baseline ?? null;
    const isWithoutEvent = long.kind === 'rate' && long.rest.events === 0;
    const isWithoutValues = long.kind === 'number' && numbers === null;
    const unknown =
      unknownOf(told) ?? (isWithoutEvent ? 'no_event' : null) ?? (isWithoutValues ? 'no_baseline' : null);
    if (unknown) return { ...answered(told, { ...asked, unknown }), stream: key };
    const { outlook, level, isTold, rowsPerWindow } = question;
    const part = Math.min(1, perWindow / Math.max(1e-9, rowsPerWindow));
    const seen = windowsToSeeGap({
      ...{ signal, attribute, value, state, numbers, change, level, isTold },
      outlook: { ...outlook, rowsAt: (window) => part * outlook.rowsAt(window) },
    });
    return { ...answered(told, { ...asked, seen }), stream: key };
  });
}

/** Windows that a group's sums count for: old ones have faded. */
function fadedWindows({ entry, inferencesPerWindow }: Question): number {
  const stored = entry?.state[STREAM_PART];
  const rows = stored === undefined ? 0 : checkStreamState(stored).rows;
  const windows = Math.max(1, rows / Math.max(1e-9, inferencesPerWindow));
  const kept = 0.5 ** (1 / DEFAULT_FAIRNESS_OPTIONS.halfLifeWindows);
  return (1 - kept ** windows) / (1 - kept);
}
