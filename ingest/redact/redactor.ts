import type { Inference } from '../../core/inference.ts';
import { INFERENCE_SCHEMA } from '../../core/inference-schema.ts';
import type { Field, MapField } from '../../core/record-schema.ts';
import { SCORE_SCHEMA, type Score } from '../../core/score.ts';
import { createFindOwn } from './own-pattern.ts';
import { actionFor, type RedactionSetup } from './policy.ts';
import { redactText, type TextPolicy, type TextUse } from './redact-text.ts';
import { type Redact, redactContent, redactValue } from './redact-value.ts';

/** Takes personal data and keys out of records. Throws when that cannot be done: then the record must not be kept. */
export interface Redactor {
  /** The record as it may be kept; the record itself when nothing was found. */
  inference(record: Inference, project: string): Inference;
  score(record: Score, project: string): Score;
}

/** What finds a record again, and what says which model it was, is never changed. */
const KEPT: ReadonlySet<string> = new Set([
  'id',
  'timestamp',
  'project',
  'model',
  'version',
  'trace_id',
  'span_id',
  'status',
  'inference_id',
  'name',
]);
/** Who it was: what is found is hashed where it would be masked, so that two people stay two. */
const IDENTIFIERS: ReadonlySet<string> = new Set(['user', 'session']);

/** How the value of a field is redacted. */
type RedactField = (value: unknown, redact: Redact) => unknown;

const INFERENCE_FIELDS = fieldsOf(INFERENCE_SCHEMA.properties);
const SCORE_FIELDS = fieldsOf(SCORE_SCHEMA.properties);

/** Makes the redactor of a setup; one for all records. Linear in the record. */
export function createRedactor(setup: RedactionSetup, nowMs: () => number): Redactor {
  const findOwn = setup.patterns.length > 0 ? createFindOwn(setup.patterns, nowMs) : null;
  const redactIn = (project: string): Redact => {
    const policy: TextPolicy = {
      findOwn,
      key: setup.key,
      actionFor: (kind) => actionFor(setup, project, kind),
    };
    return (text, use) => redactText(text, policy, use);
  };
  const others = redactIn('');
  const named = new Map(Object.keys(setup.projects).map((project) => [project, redactIn(project)]));
  const of = (project: string): Redact => named.get(project) ?? others;
  return {
    inference: (record, project) => redactFields(record, INFERENCE_FIELDS, of(project)),
    score: (record, project) => redactFields(record, SCORE_FIELDS, of(project)),
  };
}

function redactFields<T extends object>(
  record: T,
  fields: ReadonlyMap<string, RedactField>,
  redact: Redact,
): T {
  let changed: Record<string, unknown> | null = null;
  for (const name in record) {
    const value: unknown = record[name];
    const redacted = fields.get(name)?.(value, redact);
    if (redacted === undefined || redacted === value) continue;
    changed ??= { ...record } as Record<string, unknown>;
    changed[name] = redacted;
  }
  return (changed as T | null) ?? record;
}

function fieldsOf(properties: Readonly<Record<string, Field>>): ReadonlyMap<string, RedactField> {
  const fields = new Map<string, RedactField>();
  for (const [name, field] of Object.entries(properties)) {
    const redact = KEPT.has(name) ? null : redactOf(name, field);
    if (redact) fields.set(name, redact);
  }
  return fields;
}

function redactOf(name: string, field: Field): RedactField | null {
  switch (field.type) {
    case 'string': {
      const { maxLength } = field;
      if (maxLength === undefined) return (value, redact) => redactContent(value as string, redact);
      const use: TextUse = { isIdentifier: IDENTIFIERS.has(name), charactersMax: maxLength };
      return (value, redact) => redact(value as string, use);
    }
    case 'array':
      if ('required' in field.items) return redactMessages;
      return redactValue;
    case 'object':
      return redactMap(field);
    default:
      return null;
  }
}

const ROLE: TextUse = { isIdentifier: true, charactersMax: 200 };

function redactMessages(value: unknown, redact: Redact): unknown {
  const messages = value as readonly { readonly role: string }[];
  const redacted = messages.map((message) => {
    const { role } = message;
    const changed = redactValue(message, redact) as { role: string };
    const kept = redact(role, ROLE);
    return changed.role === kept ? changed : { ...changed, role: kept };
  });
  return redacted.some((message, index) => message !== messages[index]) ? redacted : value;
}

function redactMap({ propertyNames, additionalProperties }: MapField): RedactField {
  const nameUse: TextUse = { isIdentifier: true, charactersMax: propertyNames.maxLength };
  const valueUse: TextUse = {
    isIdentifier: false,
    charactersMax: 'maxLength' in additionalProperties ? additionalProperties.maxLength : 0,
  };
  const redactItem = (item: unknown, redact: Redact): unknown =>
    typeof item === 'string' ? redact(item, valueUse) : item;
  return (value, redact) => {
    const map = value as Readonly<Record<string, unknown>>;
    for (const name in map) {
      const isSame = redact(name, nameUse) === name && redactItem(map[name], redact) === map[name];
      if (isSame) continue;
      const entries = Object.entries(map);
      return Object.fromEntries(
        entries.map(([key, item]) => [redact(key, nameUse), redactItem(item, redact)]),
      );
    }
    return value;
  };
}
