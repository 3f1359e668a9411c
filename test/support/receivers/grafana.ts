import { type Answer, jsonBody, type Received, type StandIn, startStandIn } from './stand-in.ts';

export const GRAFANA_TOKEN = 'glsa_secret-of-the-service-account';

/** Grafana's limits: a tag's key and value; all tags of one annotation together. */
const TAG_PART_MAX = 100;
const TAGS_MAX = 500;

export interface Annotation {
  readonly id: number;
  time: number;
  timeEnd: number;
  tags: string[];
  text: string;
}

export interface GrafanaStandIn extends StandIn {
  readonly annotations: Annotation[];
  readonly access: { mayWrite: boolean; isKnown: boolean };
}

/** Grafana's annotations, by its documented API. */
export async function startGrafana(): Promise<GrafanaStandIn> {
  const annotations: Annotation[] = [];
  const access = { mayWrite: true, isKnown: true };
  const counter = { id: 0 };
  const standIn = await startStandIn((request) => {
    if (!access.isKnown || request.headers.authorization !== `Bearer ${GRAFANA_TOKEN}`) {
      return { status: 401, body: { message: 'Invalid API key' } };
    }
    if (!request.url.pathname.startsWith('/api/annotations'))
      return { status: 404, body: { message: 'Not found' } };
    if (request.method === 'GET') return { status: 200, body: found(annotations, request.url.searchParams) };
    if (!access.mayWrite) {
      const message =
        'You’ll need additional permissions to perform this action. Permissions needed: annotations:create';
      return { status: 403, body: { accessErrorId: 'ACE1', message, title: 'Access denied' } };
    }
    const body = jsonBody(request);
    const fault = faultOf(body, request.method);
    if (fault) return { status: 400, body: { message: fault } };
    if (request.method === 'POST') {
      counter.id++;
      annotations.push({ timeEnd: 0, tags: [], ...body, id: counter.id } as unknown as Annotation);
      return { status: 200, body: { message: 'Annotation added', id: counter.id } };
    }
    return patch(annotations, request, body ?? {});
  });
  return { ...standIn, annotations, access };
}

function patch(annotations: readonly Annotation[], { url, method }: Received, body: object): Answer {
  if (method !== 'PATCH') return { status: 405, body: { message: 'Method not allowed' } };
  const id = Number(url.pathname.split('/').at(-1));
  const annotation = annotations.find((one) => one.id === id);
  if (!annotation) return { status: 404, body: { message: 'Annotation not found' } };
  Object.assign(annotation, body);
  return { status: 200, body: { message: 'Annotation patched' } };
}

function found(annotations: readonly Annotation[], query: URLSearchParams): Annotation[] {
  const tags = query.getAll('tags');
  return annotations
    .filter((one) => tags.every((tag) => one.tags.includes(tag)))
    .slice(0, Number(query.get('limit') ?? 100));
}

function faultOf(body: Record<string, unknown> | null, method: string): string | null {
  if (!body) return 'bad request data';
  const { text, time, timeEnd, tags } = body;
  if (method === 'POST' && (typeof text !== 'string' || text === '')) return 'text field should not be empty';
  for (const at of [time, timeEnd]) {
    if (at !== undefined && (typeof at !== 'number' || !Number.isInteger(at))) return 'bad request data';
  }
  if (!Array.isArray(tags)) return tags === undefined ? null : 'bad request data';
  const parts = tags.flatMap((tag: string) => tag.split(/:(.*)/s));
  if (parts.some((part) => part.length > TAG_PART_MAX)) return 'tag is too long';
  return JSON.stringify(tags).length > TAGS_MAX
    ? `tags length exceeds the maximum allowed (${TAGS_MAX})`
    : null;
}
