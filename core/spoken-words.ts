import type { Verdict } from './finding.ts';
import type { Incident, SpokenFor } from './incident.ts';

/** Changes named in a line; segments likewise. The others are counted. */
const NAMED_MAX = 6;
const LABELS: Readonly<Record<Verdict, string>> = {
  regression: 'worse too',
  change: 'also',
  improvement: 'better',
};

/** What changed with an incident, in one line each, the worst first: `worse too: responses take 40 % longer`, `in the segments region=eu, region=us`. Empty if nothing did. */
export function spokenForLines({
  aspect,
  segment,
  speaksFor,
}: Pick<Incident, 'aspect' | 'segment' | 'speaksFor'>): string[] {
  const own = speaksFor.filter((one) => one.segment === segment);
  // A segment that shows what the whole shows is named, and no more.
  const known = new Set([aspect, ...own.map((one) => one.aspect)]);
  const isNews = (one: SpokenFor): boolean => one.segment !== segment && !known.has(one.aspect);
  const told = [...own, ...speaksFor.filter(isNews)];
  const lines = (['regression', 'change', 'improvement'] as const).flatMap((verdict) => {
    const some = told.filter((one) => one.verdict === verdict).map((one) => changeOf(one, segment));
    return some.length === 0 ? [] : [`${LABELS[verdict]}: ${listed(some)}`];
  });
  const segments = [...new Set(speaksFor.filter((one) => one.segment !== segment).map((one) => one.segment))];
  if (segments.length === 0) return lines;
  return [...lines, `in the segment${segments.length === 1 ? '' : 's'} ${listed(segments)}`];
}

const changeOf = ({ change, segment }: SpokenFor, own: string): string =>
  segment === own ? change : `${change} (${segment})`;

function listed(items: readonly string[]): string {
  const rest = items.length - NAMED_MAX;
  const more = rest > 0 ? `, and ${rest} more` : '';
  return `${items.slice(0, NAMED_MAX).join(', ')}${more}`;
}
