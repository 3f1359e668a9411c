import type { Finding } from '../core/finding.ts';
import type { Incident } from '../core/incident.ts';
import { compareSeverity } from '../core/severity.ts';
import { compareVerdicts } from '../core/verdict.ts';

/** Starts of two changes that lie within so many windows of each other are one moment: a start is known by the window. */
const COINCIDENCE_WINDOWS = 2;
/** Windows of rows may be shorter than any clock is exact. */
const COINCIDENCE_MS_MIN = 60_000;
/** A regression that is noticed so long after what was told is told itself, whenever it began: nobody reads an old message again. */
const JOIN_WINDOWS = 12;
const JOIN_MS_MIN = 3_600_000;
/** What is no change of a distribution, and has a cause of its own: that something stopped, and that money runs out. */
const NO_CHANGE: ReadonlySet<Finding['detector']> = new Set(['presence', 'budget']);

/**
 * Which incident speaks for this one, because one cause explains both: of the same stream, at the same moment or by the same change of version, as urgent and as
 * bad, and heard by whoever would hear of this one (docs/decisions/0011-one-incident-per-cause.md). What has been spoken for stays so while
 * its speaker stands; and while it recovers, so that nobody is called for the first time about what is ending. Pure.
 *
 * @param standing incidents of the same project, model and version that stand and are not pending; those that speak for themselves may speak for others
 * @param reaches whether everybody who would be told of the second is told of the first
 * @returns its id; empty if none does
 */
export function speakerOf(
  incident: Incident,
  standing: readonly Incident[],
  reaches: (speaker: Incident, incident: Incident) => boolean,
): string {
  const { state, mutedBy } = incident;
  if (state === 'recovering' && mutedBy !== '') return mutedBy;
  const able = standing.filter(
    (one) =>
      one.mutedBy === '' &&
      one.id !== incident.id &&
      compareSeverity(one.severity, incident.severity) >= 0 &&
      // Good news hides no bad news.
      compareVerdicts(one.verdict, incident.verdict) >= 0 &&
      isOneCause(one, incident, standing) &&
      reaches(one, incident),
  );
  if (able.some(({ id }) => id === mutedBy)) return mutedBy;
  const [speaker] = able.filter((one) => comesBefore(one, incident) && isInTime(one, incident)).sort(inOrder);
  return speaker?.id ?? '';
}

/** True if one cause explains both, the first being what may speak. */
function isOneCause(speaker: Incident, incident: Incident, standing: readonly Incident[]): boolean {
  if (NO_CHANGE.has(speaker.detector) || NO_CHANGE.has(incident.detector)) return false;
  // Whoever answers for fairness wants to hear of it, whatever else changed.
  if (speaker.family === 'bias' || incident.family === 'bias') return isOneDisparity(speaker, incident);
  if (speaker.segment === incident.segment) return isOneMoment(speaker, incident);
  // Segments overlap: what changed in one shows in others.
  if (speaker.segment !== '') return isSameNews(speaker, incident) && isOneMoment(speaker, incident);
  // A segment that shows what the whole shows, whenever each was noticed.
  if (isSameNews(speaker, incident)) return true;
  if (!isOneMoment(speaker, incident)) return false;
  // What got worse in a segment and not in the whole is a matter of that segment.
  return (
    incident.verdict !== 'regression' ||
    standing.some((one) => one.segment === '' && one.mutedBy === speaker.id && isSameNews(one, incident))
  );
}

/** The same aspect, as good or bad, and not the other way round. */
const isSameNews = (a: Incident, b: Incident): boolean =>
  a.aspect === b.aspect &&
  a.verdict === b.verdict &&
  !(a.direction !== b.direction && isTurned(a) && isTurned(b));

const isTurned = ({ direction }: Incident): boolean => direction === 'up' || direction === 'down';

/** Aspects of one group; or what is less for one group because it is more for another. */
function isOneDisparity(speaker: Incident, incident: Incident): boolean {
  if (speaker.family !== incident.family || !isOneMoment(speaker, incident)) return false;
  if (speaker.segment === incident.segment) return true;
  const isMirrored = speaker.aspect === incident.aspect && incident.verdict !== 'regression';
  return isMirrored && attributeOf(speaker) === attributeOf(incident);
}

const attributeOf = ({ segment }: Incident): string => segment.split('=')[0] ?? '';

/** The same change of version, or starts that cannot be told apart. */
function isOneMoment(a: Incident, b: Incident): boolean {
  const isOfVersions = a.detector === 'version_comparison' && b.detector === 'version_comparison';
  if (isOfVersions && a.baselineVersion === b.baselineVersion) return true;
  const windowMs = Math.max(a.windowMs, b.windowMs, COINCIDENCE_MS_MIN / COINCIDENCE_WINDOWS);
  return Math.abs(a.since.getTime() - b.since.getTime()) <= COINCIDENCE_WINDOWS * windowMs;
}

/** What got worse joins only what was told a short while ago, and that nobody has taken on without knowing of it. */
function isInTime(speaker: Incident, incident: Incident): boolean {
  if (incident.verdict !== 'regression' || isSameNews(speaker, incident)) return true;
  // Its whole has joined already.
  if (speaker.segment !== incident.segment) return true;
  const joinMs = Math.max(JOIN_MS_MIN, JOIN_WINDOWS * Math.max(speaker.windowMs, incident.windowMs));
  return speaker.acknowledged === null && incident.openedAt.getTime() - speaker.openedAt.getTime() <= joinMs;
}

/** The whole speaks for segments and never the other way round; else the worst, and of equals what opened first. */
function comesBefore(speaker: Incident, incident: Incident): boolean {
  if ((speaker.segment === '') !== (incident.segment === '')) return speaker.segment === '';
  return inOrder(speaker, incident) < 0;
}

function inOrder(a: Incident, b: Incident): number {
  return (
    Number(a.segment !== '') - Number(b.segment !== '') ||
    compareSeverity(b.severity, a.severity) ||
    compareVerdicts(b.verdict, a.verdict) ||
    a.openedAt.getTime() - b.openedAt.getTime() ||
    leadOf(b) - leadOf(a) ||
    b.evidence - a.evidence ||
    (a.id < b.id ? -1 : 1)
  );
}

/**
 * What names a change that shows in many aspects, the higher the sooner: a judgement of quality is what all the others only hint at, and calls that fail are felt
 * at once.
 */
export function leadOf({ aspect, family }: Pick<Incident, 'aspect' | 'family'>): number {
  if (aspect.startsWith('score:') || aspect.startsWith('quality:')) return 3;
  if (aspect === 'error') return 2;
  return family === 'degradation' ? 1 : 0;
}
