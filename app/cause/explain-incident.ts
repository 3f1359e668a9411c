import type { Explained, ExplainInput } from '../../analyzers/cause/explain.ts';
import { onsetsNear } from '../../analyzers/cause/onsets.ts';
import type { Cause, CauseSpan, Onset } from '../../core/cause.ts';
import type { StreamKey } from '../../core/finding.ts';
import type { Incident } from '../../core/incident.ts';
import type { Store } from '../../sql/client.ts';
import type { StreamSpan } from '../../sql/in-stream.ts';
import { valueBuckets, valueUnits } from '../../sql/queries/cause-onsets.ts';
import {
  BUILT_IN_ATTRIBUTES,
  type CauseRowValues,
  causeAttributes,
  causeRows,
} from '../../sql/queries/cause-rows.ts';
import { embedderIdentity, embeddingSample } from '../../sql/queries/embedding-sample.ts';
import { exampleText } from '../http/example-text.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Of each side: 300 of an event of one in a hundred, read and searched in seconds. */
const ROWS_MAX = 30_000;
/** Of each side, as the map of topics takes them. */
const EMBEDDED_MAX = 1_000;
/** A week, so that every hour of it is in it; of another version as long as it may have been left behind. */
const BEFORE_MS = 7 * DAY_MS;
const OTHER_VERSION_MS = 30 * DAY_MS;
const BUCKETS = 96;
/** As a start is known by the window, so is what came near it. */
const NEAR_WINDOWS = 3;
const NEAR_MS_MIN = 10 * MINUTE_MS;
/** Attributes that are the signal itself explain nothing of it. */
const SAME_AS_SIGNAL: Readonly<Record<string, readonly string[]>> = {
  prompt_language: ['prompt_language'],
  provider: ['provider'],
  prompt_template: ['prompt_name', 'prompt_version'],
};

export interface ExplainOptions {
  readonly now: Date;
  readonly stage: Cause['stage'];
  readonly signal: AbortSignal;
  /** In a thread of its own, where there is one to spare. */
  readonly explain: (input: ExplainInput) => Promise<Explained | null>;
}

/**
 * What explains an incident, from bounded samples of the inferences before and after; null if a side has none.
 *
 * @throws AppError of the store, or the reason of the signal
 */
export async function explainIncident(
  store: Store,
  incident: Incident,
  { now, stage, signal: stopping, explain }: ExplainOptions,
): Promise<Cause | null> {
  const sides = sidesOf(incident);
  const own = await readRows(store, incident, sides);
  const { before, after } = own;
  if (before.length === 0 || after.length === 0) return null;
  stopping.throwIfAborted();
  const whole = await surroundings(store, incident);
  stopping.throwIfAborted();
  const explained = await explain({
    direction: incident.direction,
    category: incident.shares?.[0]?.category ?? '',
    ...columnsOf(own, new Set([...sameAs(incident), ...segmentOf(incident)])),
    whole: whole && columnsOf(whole, new Set(sameAs(incident))),
    prompts: new Map([...before, ...after].map(({ id, prompt }) => [id, prompt])),
    embedded: await embeddedRows(store, incident, sides),
  });
  if (!explained) return null;
  const { project, id: incidentId, signal } = incident;
  const onsets = await onsetsOf(store, incident, sides.after.until);
  const span = ({ stream, since, until }: StreamSpan, { length }: readonly unknown[]): CauseSpan => ({
    version: stream.version,
    since,
    until,
    rows: length,
  });
  return {
    ...{ incidentId, project, computedAt: now, stage, signal },
    ...{ before: span(sides.before, before), after: span(sides.after, after), onsets },
    ...explained,
  };
}

interface ReadRows {
  readonly names: readonly string[];
  readonly before: readonly CauseRowValues[];
  readonly after: readonly CauseRowValues[];
}

async function readRows(store: Store, { signal }: Incident, sides: Sides): Promise<ReadRows> {
  const names = await causeAttributes(store, { ...sides.after, limit: ROWS_MAX });
  const query = { signal, names, ids: [], limit: ROWS_MAX };
  const before = await causeRows(store, { ...sides.before, ...query });
  const after = await causeRows(store, { ...sides.after, ...query });
  return { names: [...BUILT_IN_ATTRIBUTES, ...names], before, after };
}

/** Of a segment's incident, all inferences of the same two sides; null if a side has none, or it is of the whole already. */
async function surroundings(store: Store, incident: Incident): Promise<ReadRows | null> {
  if (incident.segment === '') return null;
  const rows = await readRows(store, incident, sidesOf({ ...incident, segment: '' }));
  return rows.before.length === 0 || rows.after.length === 0 ? null : rows;
}

/** Without the attributes that are off. */
function columnsOf({ names, before, after }: ReadRows, isOff: ReadonlySet<string>) {
  const kept = names.flatMap((name, place) => (isOff.has(name) ? [] : [place]));
  const rowsOf = (rows: readonly CauseRowValues[], isAfter: boolean) =>
    rows.map(({ id, unit, value, attributes }) => ({
      id,
      unit,
      value,
      isAfter,
      attributes: kept.map((place) => attributes[place] ?? ''),
    }));
  return {
    attributes: kept.map((place) => names[place] ?? ''),
    rows: [...rowsOf(before, false), ...rowsOf(after, true)],
  };
}

const sameAs = ({ signal }: Incident): readonly string[] => SAME_AS_SIGNAL[signal] ?? [];

type Sides = { readonly before: StreamSpan; readonly after: StreamSpan };

/** Before and after the start of the change; of a declared version, the other version before. */
function sidesOf(incident: Incident): Sides {
  const { project, model, version, segment, baselineVersion, since, updatedAt, openedAt } = incident;
  const stream: StreamKey = { project, model, version, segment };
  const isOfVersions = baselineVersion !== '';
  const until = new Date(Math.max(updatedAt.getTime(), openedAt.getTime()) + 1);
  const lengthMs = isOfVersions ? OTHER_VERSION_MS : BEFORE_MS;
  return {
    before: {
      stream: isOfVersions ? { ...stream, version: baselineVersion } : stream,
      since: new Date(since.getTime() - lengthMs),
      until: since,
    },
    after: { stream, since: new Date(Math.max(since.getTime(), until.getTime() - BEFORE_MS)), until },
  };
}

/** The attribute by which the incident's own stream is cut out: it has one value there. */
const segmentOf = ({ segment }: Incident): string[] => (segment === '' ? [] : [segment.split('=')[0] ?? '']);

async function embeddedRows(
  store: Store,
  { project, signal }: Incident,
  { before, after }: Sides,
): Promise<ExplainInput['embedded']> {
  const identity = await embedderIdentity(store, { project, since: before.since, until: after.until });
  if (identity === null) return [];
  const sides = await Promise.all(
    [before, after].map(async (side) => {
      const sample = await embeddingSample(store, { ...side, identity, limit: EMBEDDED_MAX });
      if (sample.length === 0) return [];
      const ids = sample.map(({ id }) => id);
      const rows = await causeRows(store, { ...side, signal, names: [], ids, limit: EMBEDDED_MAX });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return sample.flatMap((one) => {
        const row = byId.get(one.id);
        if (!row) return [];
        const { id, unit, value } = row;
        return [
          { id, unit, value, isAfter: side === after, vector: one.vector, text: exampleText(one).prompt },
        ];
      });
    }),
  );
  return sides.flat();
}

async function onsetsOf(store: Store, incident: Incident, until: Date): Promise<Onset[]> {
  const { project, model, since: changedAt, windowMs } = incident;
  const lookBackMs = Math.min(
    BEFORE_MS,
    Math.max(2 * HOUR_MS, 12 * windowMs, until.getTime() - changedAt.getTime()),
  );
  const since = new Date(Math.floor((changedAt.getTime() - lookBackMs) / MINUTE_MS) * MINUTE_MS);
  const spanMs = until.getTime() - since.getTime();
  const bucketMs = Math.max(1, Math.ceil(spanMs / BUCKETS / MINUTE_MS)) * MINUTE_MS;
  const query = { project, model, since, until, limit: ROWS_MAX };
  const counts = await valueBuckets(store, { ...query, stepMs: bucketMs });
  const units = await valueUnits(store, query);
  const totals = Array.from({ length: Math.ceil(spanMs / bucketMs) }, () => 0);
  for (const { attribute, bucket, count } of counts) if (attribute === '') totals[bucket] = count;
  return onsetsNear(
    counts.filter(({ attribute }) => attribute !== ''),
    {
      ...{ changedAt, since, bucketMs, totals, units },
      nearMs: Math.max(NEAR_MS_MIN, NEAR_WINDOWS * windowMs, 2 * bucketMs),
    },
  );
}
