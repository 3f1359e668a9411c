import type { Finding } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { compareSeverity } from '../core/severity.ts';

/** Starts of two changes that lie within so many windows of each other are one moment: a start is known by the window. */
const COINCIDENCE_WINDOWS = 2;
/** Windows of rows may be shorter than any clock is exact. */
const COINCIDENCE_MS_MIN = 60_000;
/** What says that something is missing, and not that it has changed. */
const NO_CHANGE: ReadonlySet<Finding['detector']> = new Set(['presence']);
/** Bad news first. */
export const VERDICT_RANKS = { regression: 2, change: 1, improvement: 0 } as const;

/**
 * Which incident speaks for this one, because one cause explains both: of the same stream, at the same moment or by the same change of version, as urgent,
 * and heard by whoever would hear of this one (docs/decisions/0011-one-incident-per-cause.md). What has been spoken for stays so while
 * its speaker stands; and while it recovers, so that nobody is called for the first time about what is ending. Pure.
 *
 * @param speaking incidents of the same project, model and version that stand, are not pending, and speak for themselves
 * @param reaches whether everybody who would be told of the second is told of the first
 * @returns its id; empty if none does
 */
export function speakerOf(
  incident: Incident,
  speaking: readonly Incident[],
  reaches: (speaker: Incident, incident: Incident) => boolean,
): string {
  const { state, mutedBy } = incident;
  if (state === 'recovering' && mutedBy !== '') return mutedBy;
  const able = speaking.filter(
    (one) =>
      one.id !== incident.id &&
      compareSeverity(one.severity, incident.severity) >= 0 &&
      isOneCause(one, incident) &&
      reaches(one, incident),
  );
  if (able.some(({ id }) => id === mutedBy)) return mutedBy;
  const [speaker] = able.filter((one) => comesBefore(one, incident)).sort(inOrder);
  return speaker?.id ?? '';
}

/** True if one cause explains both, the first being what may speak. */
function isOneCause(speaker: Incident, incident: Incident): boolean {
  if (NO_CHANGE.has(speaker.detector) || NO_CHANGE.has(incident.detector)) return false;
  // Whoever answers for fairness wants to hear of it, whatever else changed.
  if ((speaker.family === 'bias') !== (incident.family === 'bias')) return false;
  const isSameAspect = speaker.aspect === incident.aspect;
  const isSameNews = speaker.direction === incident.direction && speaker.verdict === incident.verdict;
  const isOfWhole = speaker.segment === '' && incident.segment !== '';
  // A segment that shows what the whole shows, whenever each was noticed.
  if (isOfWhole && isSameAspect && isSameNews) return true;
  if (!isSameChangeOfVersion(speaker, incident) && !coincide(speaker, incident)) return false;
  if (isSameAspect) return isSameNews;
  return speaker.segment === '' || speaker.segment === incident.segment;
}

const isSameChangeOfVersion = (a: Incident, b: Incident): boolean =>
  a.detector === 'version_comparison' &&
  b.detector === 'version_comparison' &&
  a.baselineVersion === b.baselineVersion;

function coincide(a: Incident, b: Incident): boolean {
  const windowMs = Math.max(a.windowMs, b.windowMs, COINCIDENCE_MS_MIN / COINCIDENCE_WINDOWS);
  return Math.abs(a.since.getTime() - b.since.getTime()) <= COINCIDENCE_WINDOWS * windowMs;
}

/** The whole speaks for segments and never the other way round; else what opened first, then what matters more. */
function comesBefore(speaker: Incident, incident: Incident): boolean {
  if ((speaker.segment === '') !== (incident.segment === '')) return speaker.segment === '';
  return inOrder(speaker, incident) < 0;
}

function inOrder(a: Incident, b: Incident): number {
  return (
    Number(a.segment !== '') - Number(b.segment !== '') ||
    a.openedAt.getTime() - b.openedAt.getTime() ||
    compareSeverity(b.severity, a.severity) ||
    VERDICT_RANKS[b.verdict] - VERDICT_RANKS[a.verdict] ||
    b.evidence - a.evidence ||
    (a.id < b.id ? -1 : 1)
  );
}
