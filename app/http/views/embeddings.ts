import type { Topic } from '../../../analyzers/topics/topic-map.ts';
import { AppError } from '../../../core/errors.ts';
import type { StreamKey } from '../../../core/finding.ts';
import type { Incident } from '../../../core/incident.ts';
import type { EmbeddingMap, MapSide } from '../../../dashboards/page/api-views.ts';
import type { EmbeddedPrompt } from '../../../sql/queries/embedding-sample.ts';
import { exampleText } from '../example-text.ts';
import { createAnswerCache } from './answer-cache.ts';
import { type StreamRequest, totalsOf } from './stream.ts';
import type { ViewReader } from './view-reader.ts';

/** Of each side: enough to see a topic of one per cent, and drawn at once. */
const SAMPLE_MAX = 1_500;
const TEXT_SHOWN = 160;
const NAME_CHARACTERS_MAX = 40;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BASELINE_MS = 7 * DAY_MS;
/** A sample changes slowly, and a map costs a second of a core. */
const CACHE = { ageMsMax: 10 * 60_000, entriesMax: 20 };

interface SideSpan {
  readonly stream: StreamKey;
  readonly since: Date;
  readonly until: Date;
}

export type EmbeddingMapReader = (
  request: StreamRequest & { incidentId: string | null },
) => Promise<EmbeddingMap>;

/** Maps of prompts, each kept for a while; one is made at a time. */
export function createEmbeddingMaps(reader: ViewReader): EmbeddingMapReader {
  const cached = createAnswerCache<EmbeddingMap>({ ...CACHE, atOnceMax: 1 });
  return async (request) => {
    // Before the cache: who may not see the stream may not see what is kept of it.
    const totals = await totalsOf(reader, request);
    const { stream, incidentId, now } = request;
    return cached(JSON.stringify([stream, incidentId]), now, async () => {
      const incident = incidentId === null ? null : await incidentOf(reader, request, incidentId);
      const spans = incident
        ? spansOfIncident(stream, incident)
        : latestSpans(stream, { firstSeen: totals.firstSeen, lastSeen: totals.lastSeen });
      return drawMap(reader, { ...request, ...spans });
    });
  };
}

async function incidentOf(
  reader: ViewReader,
  { project }: { project: string },
  id: string,
): Promise<Incident> {
  const incident = await reader.incidentById({ project, id });
  if (!incident) throw new AppError('not_found', 'no incident has this id');
  return incident;
}

/** Before and after the change that opened it; of a declared version, the other version before. */
function spansOfIncident(stream: StreamKey, incident: Incident): { baseline: SideSpan; current: SideSpan } {
  const { since, closedAt, updatedAt, baselineVersion } = incident;
  const version = baselineVersion === '' ? stream.version : baselineVersion;
  const until = closedAt ?? new Date(Math.max(updatedAt.getTime(), since.getTime()) + 1);
  return {
    baseline: {
      stream: { ...stream, version },
      since: new Date(since.getTime() - BASELINE_MS),
      until: since,
    },
    current: { stream, since: new Date(Math.max(since.getTime(), until.getTime() - BASELINE_MS)), until },
  };
}

/** The last day against the week before it; of a young stream its last quarter against the rest. */
function latestSpans(
  stream: StreamKey,
  { firstSeen, lastSeen }: { firstSeen: Date; lastSeen: Date },
): { baseline: SideSpan; current: SideSpan } {
  const until = new Date(lastSeen.getTime() + 1);
  const ageMs = until.getTime() - firstSeen.getTime();
  const parted = new Date(until.getTime() - Math.min(DAY_MS, ageMs / 4));
  return {
    baseline: { stream, since: new Date(parted.getTime() - BASELINE_MS), until: parted },
    current: { stream, since: parted, until },
  };
}

async function drawMap(
  reader: ViewReader,
  request: StreamRequest & { incidentId: string | null; baseline: SideSpan; current: SideSpan },
): Promise<EmbeddingMap> {
  const { stream, now, incidentId, baseline, current } = request;
  const { project } = stream;
  const identity = await reader.embedderIdentity({ project, since: baseline.since, until: current.until });
  const sample = (side: SideSpan): Promise<EmbeddedPrompt[]> =>
    identity === null
      ? Promise.resolve([])
      : reader.embeddingSample({ ...side, identity, limit: SAMPLE_MAX });
  const sides = { baseline: await sample(baseline), current: await sample(current) };
  const answer = {
    now: now.toISOString(),
    stream,
    incident: incidentId,
    baseline: sideJson(baseline, sides.baseline.length),
    current: sideJson(current, sides.current.length),
  };
  const isOneSided = sides.baseline.length === 0 || sides.current.length === 0;
  if (isOneSided) {
    const missing = sides.baseline.length + sides.current.length === 0 ? 'no_vectors' : 'one_side';
    return { ...answer, shownShare: 0, topics: [], points: [], missing };
  }
  const rows = [
    ...sides.baseline.map((row) => ({ ...row, ...exampleText(row), isCurrent: false })),
    ...sides.current.map((row) => ({ ...row, ...exampleText(row), isCurrent: true })),
  ];
  const map = await reader.topicMap(
    rows.map(({ vector, prompt, isCurrent }) => ({
      vector,
      text: prompt,
      side: isCurrent ? 'current' : 'baseline',
    })),
  );
  return {
    ...answer,
    missing: null,
    shownShare: map.shownShare,
    topics: map.topics.map((topic) => ({
      baselineShare: topic.baselineShare,
      currentShare: topic.currentShare,
      x: rounded(topic.x),
      y: rounded(topic.y),
      name: topicName(topic, map.topics, rows[topic.typical]?.prompt),
    })),
    points: map.points.map(({ x, y, topic }, place) => ({
      x: rounded(x),
      y: rounded(y),
      topic,
      ...pointTexts(rows[place]),
    })),
  };
}

/** Its words; without any, how its most typical prompt begins, unless all others have words. */
export function topicName(
  { terms }: Pick<Topic, 'terms'>,
  all: readonly Pick<Topic, 'terms'>[],
  typical = '',
): string {
  if (terms.length > 0) return terms.join(', ');
  const unnamed = all.filter((topic) => topic.terms.length === 0).length;
  const start = [...typical.trim().replaceAll(/\s+/g, ' ')].slice(0, NAME_CHARACTERS_MAX + 1);
  if ((unnamed === 1 && all.length > 1) || start.length === 0) return 'everything else';
  return start.length > NAME_CHARACTERS_MAX ? `${start.slice(0, -1).join('')} …` : start.join('');
}

function pointTexts(row: (EmbeddedPrompt & { readonly isCurrent: boolean }) | undefined) {
  const cut = (text = ''): string => (text.length > TEXT_SHOWN ? `${text.slice(0, TEXT_SHOWN)} …` : text);
  return {
    id: row?.id ?? '',
    isCurrent: row?.isCurrent ?? false,
    timestamp: row?.timestamp.toISOString() ?? '',
    prompt: cut(row?.prompt),
    response: cut(row?.response),
  };
}

function sideJson({ stream, since, until }: SideSpan, count: number): MapSide {
  return { since: since.toISOString(), until: until.toISOString(), version: stream.version, count };
}

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
