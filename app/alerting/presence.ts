import type { Rules } from '../../alerts/observe.ts';
import type { AlertRule, BlindPolicy } from '../../core/alert-rule.ts';
import type { Finding } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Incident } from '../../core/incident.ts';
import { PRESENCE_SIGNALS, signalSpec } from '../../core/signals.ts';
import type { Arrival, LatestArrival } from '../../sql/queries/arrivals.ts';
import { keyOf } from './alert-book.ts';
import type { ClockObservation } from './turn.ts';

export interface PresenceOptions {
  readonly now: Date;
  readonly rules: Rules;
  /** Those that stand, with their keys. */
  readonly standing: readonly (readonly [key: string, incident: Incident])[];
  /** Time from the end of a window until it is judged, at most, while all is well; null: windows are not of time. */
  readonly judgedWithinMs: number | null;
}

/** How far back arrivals are known: what was seen in none of these days is not missed any more. */
export const PRESENCE_SPAN_MS = 14 * 24 * 3_600_000;
/** Silent for twice its longest silence so far: a stream that sleeps at night is not missed each night. */
const GAPS = 2;
/**
 * What had inferences in fewer hours is not missed: a trial by hand, over a morning, ends some day, and of so short a
 * time nobody knows what is usual. A stream in use has as many by the end of its first day.
 */
const HOURS_MIN = 6;
const MINUTE_MS = 60_000;
type PresenceSignal = (typeof PRESENCE_SIGNALS)[number];

/** How a stream arrives, and what may have taken its place: two of the versions of its model, itself among them. */
interface Seen {
  readonly arrival: Arrival;
  /** Last seen of all, and of those that are in use. */
  readonly last: readonly Arrival[];
  readonly standing: ReadonlyMap<string, Incident>;
}

/**
 * What the clock says of streams: that no inferences arrive, or that they arrive and nothing judges them. It is observed
 * of the stream's standing incidents, which it holds as they are; and, where a rule wants that, of incidents of its own.
 * A stream of which nothing has been seen for weeks is normal.
 */
export function presence(arrivals: readonly Arrival[], options: PresenceOptions): ClockObservation[] {
  const streams = new Map(arrivals.map((arrival) => [streamOf(arrival), arrival]));
  const models = groupBy(arrivals, ({ project, model }) => JSON.stringify([project, model]));
  const standing = new Map(options.standing);
  const ofStreams = [...models.values()].flatMap((versions) => {
    const last = [...lastSeenOf(versions), ...lastSeenOf(versions.filter(isInUse))];
    return versions.flatMap((arrival) =>
      PRESENCE_SIGNALS.flatMap((signal) => ofStream({ arrival, last, standing }, signal, options)),
    );
  });
  const ofIncidents = options.standing.flatMap(([key, incident]) =>
    ofIncident(key, incident, streams.get(streamOf(incident)), options),
  );
  return [...ofStreams, ...ofIncidents];
}

/** A history that was read a while ago, with what has been seen since; a stream that is in `latest` alone is new. */
export function withLatest(history: readonly Arrival[], latest: readonly LatestArrival[]): Arrival[] {
  const news = new Map(latest.map((one) => [streamOf(one), one]));
  const known = history.map((arrival) => {
    const { lastMinute = null, judgedUntil = null } = news.get(streamOf(arrival)) ?? {};
    news.delete(streamOf(arrival));
    return {
      ...arrival,
      ...(lastMinute && lastMinute > arrival.seenAtLeast ? seenIn(lastMinute) : {}),
      judgedUntil: later(arrival.judgedUntil, judgedUntil),
    };
  });
  const fresh = [...news.values()].flatMap(({ lastMinute, ...one }) =>
    lastMinute ? [{ ...one, ...seenIn(lastMinute), longestGapMs: 0, hours: 1, perHour: 0 }] : [],
  );
  return [...known, ...fresh];
}

const seenIn = (minute: Date): Pick<Arrival, 'seenAtLeast' | 'lastSeen'> => ({
  seenAtLeast: minute,
  lastSeen: new Date(minute.getTime() + MINUTE_MS - 1_000),
});
const later = (a: Date | null, b: Date | null): Date | null => (a && b ? (a > b ? a : b) : (a ?? b));

/** Opens an incident where there is none, and lets one that stands recover. */
function ofStream(seen: Seen, signal: PresenceSignal, options: PresenceOptions): ClockObservation[] {
  const { now, rules } = options;
  const { arrival, standing } = seen;
  const stream = { ...arrival, segment: '' };
  const key = keyOf(stream, signalSpec(signal).aspect);
  const stands = standing.get(key);
  const condition = signal === 'inferences' ? 'noData' : 'error';
  const rule = (stands && rules.named(stands.rule)) ?? rules.blindRuleFor(stream, condition);
  if (!rule) return stands ? [{ key, rule, observation: { kind: 'accepted', until: now } }] : [];
  const context = { policy: rule[condition], options };
  const isMissed =
    signal === 'inferences'
      ? isSilent(arrival, context) && !isReplaced(seen, context) && (stands || isInUse(arrival))
      : isUnjudged(arrival, context);
  if (!isMissed) return stands ? [{ key, rule, observation: { kind: 'quiet', until: now } }] : [];
  // One that recovers goes back to open: the quiet looks that close it are in a row.
  if (stands?.state === 'open') return [];
  const alarms = [findingOf(arrival, signal, now)];
  return [
    { key, rule, observation: { kind: 'alarm', alarms, severity: rule.severity ?? 'warning', until: now } },
  ];
}

function ofIncident(
  key: string,
  incident: Incident,
  arrival: Arrival | undefined,
  options: PresenceOptions,
): ClockObservation[] {
  const { now, rules } = options;
  const rule = rules.named(incident.rule) ?? rules.ruleFor(incident);
  if (incident.detector === 'presence') {
    // No arrival is known of what was left out, too: only the time that has passed says that it was not seen.
    const isForgotten = !arrival && now.getTime() - incident.since.getTime() >= PRESENCE_SPAN_MS;
    return isForgotten ? [{ key, rule, observation: { kind: 'accepted', until: now } }] : [];
  }
  if (!rule) return [];
  const blind = blindness(arrival, rule, options);
  // That it can be judged again is said by the next window.
  return blind ? [{ key, rule, observation: { kind: blind, until: now } }] : [];
}

/** Also of a version that was replaced: its incidents cannot be judged any more. */
function blindness(
  arrival: Arrival | undefined,
  rule: AlertRule,
  options: PresenceOptions,
): 'no_data' | 'error' | null {
  if (!arrival || isSilent(arrival, { policy: rule.noData, options })) return 'no_data';
  return isUnjudged(arrival, { policy: rule.error, options }) ? 'error' : null;
}

interface Context {
  readonly policy: BlindPolicy;
  readonly options: PresenceOptions;
}

const isSilent = (arrival: Arrival, { policy, options }: Context): boolean =>
  options.now.getTime() - arrival.lastSeen.getTime() > silenceMs(arrival, policy);

const silenceMs = ({ longestGapMs }: Arrival, { afterMs }: BlindPolicy): number =>
  Math.max(afterMs, GAPS * longestGapMs);

/**
 * Of a silent one: another version of its model has been seen within the time that it may be silent; or was, for longer than
 * that after its end, and is missed itself if it falls silent.
 */
function isReplaced({ arrival, last }: Seen, { policy, options }: Context): boolean {
  const limitMs = silenceMs(arrival, policy);
  return last.some((other) => {
    const aloneMs = other.lastSeen.getTime() - arrival.lastSeen.getTime();
    const isThere = options.now.getTime() - other.lastSeen.getTime() <= limitMs;
    return isThere || (aloneMs > limitMs && isInUse(other));
  });
}

const isInUse = ({ hours }: Arrival): boolean => hours >= HOURS_MIN;

/** One, or none of none. */
const lastSeenOf = (arrivals: readonly Arrival[]): Arrival[] =>
  arrivals.slice(0, 1).map((first) => arrivals.reduce((a, b) => (b.lastSeen > a.lastSeen ? b : a), first));

/** From the earliest that the last inference may have come: what may have been judged is not said to be left. */
function isUnjudged({ seenAtLeast, judgedUntil }: Arrival, { policy, options }: Context): boolean {
  const { judgedWithinMs } = options;
  if (judgedWithinMs === null || judgedUntil === null) return false;
  return seenAtLeast.getTime() - judgedUntil.getTime() > policy.afterMs + judgedWithinMs;
}

const streamOf = ({ project, model, version }: Pick<Arrival, 'project' | 'model' | 'version'>): string =>
  JSON.stringify([project, model, version]);

/** Said by no detector: there is nothing to test, it is a count of none. */
function findingOf(arrival: Arrival, signal: PresenceSignal, now: Date): Finding {
  const { project, model, version, lastSeen, judgedUntil, perHour } = arrival;
  const since = signal === 'inferences' ? lastSeen : (judgedUntil ?? lastSeen);
  return {
    project,
    model,
    version,
    segment: '',
    signal,
    family: signalSpec(signal).family,
    detector: 'presence',
    since,
    until: now,
    outcome: 'alarm',
    direction: 'down',
    verdict: 'regression',
    effect: { name: 'relative_change', value: -1, low: -1, high: -1 },
    before: perHour,
    after: 0,
    evidence: 1,
    samples: { baseline: 0, current: 0 },
    histograms: { before: [], after: [] },
    changedSince: since,
    baselineVersion: '',
    becameBaseline: false,
    rowsNeeded: null,
  };
}
