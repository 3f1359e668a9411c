import { NUMBER_KEYS, TEXT_KEYS } from './field-keys.ts';
import type { Flavour } from './leaf.ts';
import type { Attributes, Origin, Value } from './telemetry.ts';
import { cut, itemsOf, textOf, unpacked } from './values.ts';

/** The record allows 64: a few are left for what is added on the way. */
const COUNT_MAX = 60;
const NAME_LENGTH_MAX = 200;
const VALUE_LENGTH_MAX = 1000;
/** Of what nobody asked for: a longer one is a text, not a category. */
const OTHER_LENGTH_MAX = 200;

/** What a process says of itself and people compare by. */
const OF_RESOURCE: readonly string[] = [
  'service.name',
  'service.namespace',
  'cloud.provider',
  'cloud.region',
  'k8s.cluster.name',
  'k8s.namespace.name',
];
/** Where people put what they want to compare by; the rest of the name is theirs. */
const OWN_PREFIXES: readonly string[] = [
  'traceloop.association.properties.',
  'ai.telemetry.metadata.',
  'ai.settings.context.',
];
/** Families that hold content, or figures that have a place of their own in the record. */
const TAKEN =
  /^(gen_ai\.(operation|prompt|completion|input|output|system_instructions|tool|event|usage|latency|server|client|evaluation|response\.(finish|stop))|llm\.(input_messages|output_messages|prompts?|completions?|tools|functions|headers|invocation_parameters|prompt_template|request\.functions|token_count|usage|cost)|input\.|output\.|embedding\.|retrieval\.|document|message|ai\.(prompt|response|usage|value|embedding|toolCall|request|schema|stream|result)|traceloop\.(entity|prompt)|exception|error|http|url|net|server\.port|thread|code|operation\.name|resource\.name|telemetry|otel|openinference|metadata|tag|annotation|evaluation)/;
/** An id names one thing: no two calls share it, so nothing can be compared by it. */
const IS_ID = /(^|[._])ids?$|[a-z]I[dD]s?$|timestamp$|fingerprint$|seed$/;
const READ: ReadonlySet<string> = new Set(
  [TEXT_KEYS, NUMBER_KEYS].flatMap((keys) => Object.values(keys).flat()),
);

/**
 * What has no field of its own, as attributes: which convention and instrumentation made the span, then what people
 * attached themselves, then the rest as far as it is short. At most 60; never content, never ids.
 */
export function extrasOf(attributes: Attributes, origin: Origin, flavour: Flavour): Record<string, string> {
  const extras = new Map<string, string>();
  const add = (name: string, value: string | undefined): void => {
    if (value === undefined || name === '' || name.length > NAME_LENGTH_MAX) return;
    if (extras.size < COUNT_MAX && !extras.has(name)) extras.set(name, cut(value, VALUE_LENGTH_MAX));
  };
  add('otel.semconv', flavour);
  add('otel.scope.name', textOf(origin.scopeName));
  add('otel.scope.version', textOf(origin.scopeVersion));
  for (const name of OF_RESOURCE) add(name, scalarText(origin.resource.get(name)));
  for (const [name, value] of ownAttributes(attributes)) add(name, scalarText(value));
  for (const [name, value] of attributes) if (isOther(name, value)) add(name, scalarText(value));
  return Object.fromEntries(extras);
}

function* ownAttributes(attributes: Attributes): Generator<readonly [string, Value]> {
  for (const [name, value] of attributes) {
    const place = placeOf(name);
    if (place.kind === 'own') yield [place.name, value];
  }
  const metadata = unpacked(attributes.get('metadata'));
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata))
    yield* Object.entries(metadata as { readonly [name: string]: Value });
  const tags = itemsOf(attributes.get('tag.tags')).filter((tag) => typeof tag === 'string');
  if (tags.length > 0) yield ['tags', tags.join(',')];
}

function isOther(name: string, value: Value): boolean {
  if (placeOf(name).kind !== 'other') return false;
  return typeof value !== 'string' || value.length <= OTHER_LENGTH_MAX;
}

interface NamePlace {
  readonly kind: 'own' | 'taken' | 'other';
  /** What it is called among the extras. */
  readonly name: string;
}

/** Instrumentations use the same few names in every span: what was found out about one is kept. */
const places = new Map<string, NamePlace>();
const PLACES_MAX = 2_000;

function placeOf(name: string): NamePlace {
  const known = places.get(name);
  if (known) return known;
  const place = findPlace(name);
  if (places.size >= PLACES_MAX) places.clear();
  if (name.length <= NAME_LENGTH_MAX) places.set(name, place);
  return place;
}

function findPlace(name: string): NamePlace {
  if (READ.has(name)) return { kind: 'taken', name };
  const prefix = OWN_PREFIXES.find((one) => name.startsWith(one));
  if (prefix !== undefined) return { kind: 'own', name: name.slice(prefix.length) };
  return { kind: TAKEN.test(name) || IS_ID.test(name) ? 'taken' : 'other', name };
}

function scalarText(value: Value | undefined): string | undefined {
  if (typeof value === 'string') return textOf(value);
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined;
}
