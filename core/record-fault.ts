import { didYouMean } from './did-you-mean.ts';
import { hasControlCharacter } from './record-check.ts';
import type { Field, ListField, MapField, RecordSchema } from './record-schema.ts';

/** What is wrong with a record: where, and what was expected against what was got. Never contents. */
export interface Fault {
  /** Path of the field; empty for the record itself. */
  readonly field: string;
  readonly reason: string;
}

/** A name that a client chose, as far as an answer repeats it. */
const NAME_SHOWN_MAX = 100;
const SCALAR_MAX = 1000;

/** The first fault of a record, dates left aside; null if there is none. For records that did not fit: not fast. */
export function faultOf<T>(schema: RecordSchema<T>, record: object): Fault | null {
  const fields: Readonly<Record<string, Field>> = schema.properties;
  for (const [name, value] of Object.entries(record)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const fault = field ? fieldFault(name, field, value) : unknownField(schema, name);
    if (fault) return fault;
  }
  for (const name of schema.required) {
    if (!Object.hasOwn(record, name)) return expected(name, fields[name], 'nothing: the field is required');
  }
  const [one, other] = schema.exclusive;
  if (
    one !== undefined &&
    other !== undefined &&
    Object.hasOwn(record, one) &&
    Object.hasOwn(record, other)
  ) {
    return { field: other, reason: `expected ${one} or ${other}, got both` };
  }
  return null;
}

/** What a value is, for a message: "a string", "an array", "null". */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value === undefined) return 'nothing';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function unknownField<T>(schema: RecordSchema<T>, name: string): Fault {
  const near = didYouMean(name, Object.keys(schema.properties));
  const hints = [
    near === null ? '' : `; did you mean "${near}"?`,
    schema.extras === null ? '' : `${near === null ? ';' : ''} put extras in "${schema.extras}"`,
  ];
  return { field: shownName(name), reason: `unknown field${hints.join('')}` };
}

function fieldFault(name: string, field: Field, value: unknown): Fault | null {
  switch (field.type) {
    case 'string':
      return textFault(value, field) === null ? null : expected(name, field, textFault(value, field) ?? '');
    case 'number':
    case 'integer': {
      const got = numberFault(value, field);
      return got === null ? null : expected(name, field, got);
    }
    case 'array':
      return listFault(name, field, value);
    case 'object':
      return mapFault(name, field, value);
  }
}

function textFault(value: unknown, field: Extract<Field, { type: 'string' }>): string | null {
  if (typeof value !== 'string') return typeName(value);
  if (field.enum) return field.enum.includes(value) ? null : 'another string';
  const { minLength = 0, maxLength = Number.MAX_SAFE_INTEGER } = field;
  if (value.length < minLength) return 'an empty string';
  if (value.length > maxLength) return `a string of ${value.length} characters`;
  return field.pattern !== undefined && hasControlCharacter(value)
    ? 'a string with control characters'
    : null;
}

function numberFault(
  value: unknown,
  field: { type: string; minimum: number; maximum: number },
): string | null {
  if (typeof value !== 'number') return typeName(value);
  if (!Number.isFinite(value)) return 'a number that no double holds';
  if (value < field.minimum) return `a number below ${field.minimum}`;
  if (value > field.maximum) return `a number above ${field.maximum}`;
  return field.type === 'integer' && !Number.isInteger(value) ? 'a number with a fraction' : null;
}

function listFault(name: string, field: ListField, value: unknown): Fault | null {
  if (!Array.isArray(value)) return expected(name, field, typeName(value));
  if (value.length > field.maxItems) return expected(name, field, `${value.length} items`);
  for (const [index, item] of value.entries()) {
    const fault = itemFault(`${name}[${index}]`, field.items, item);
    if (fault) return fault;
  }
  return null;
}

function itemFault(path: string, items: ListField['items'], item: unknown): Fault | null {
  if (!('type' in items)) return null;
  if (items.type === 'string') {
    return typeof item === 'string'
      ? null
      : { field: path, reason: `expected a string, got ${typeName(item)}` };
  }
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return { field: path, reason: `expected an object with a role, got ${typeName(item)}` };
  }
  const role: unknown = Object.hasOwn(item, 'role') ? (item as { role: unknown }).role : undefined;
  const got = textFault(role, { type: 'string', description: '', minLength: 1, maxLength: 200 });
  return got === null
    ? null
    : { field: `${path}.role`, reason: `expected a string of 1 to 200 characters, got ${got}` };
}

function mapFault(name: string, field: MapField, value: unknown): Fault | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return expected(name, field, typeName(value));
  }
  const entries = Object.entries(value);
  if (entries.length > field.maxProperties) return expected(name, field, `${entries.length} entries`);
  for (const [entry, item] of entries) {
    const path = `${name}.${shownName(entry)}`;
    if (entry.length === 0 || entry.length > field.propertyNames.maxLength) {
      const { maxLength } = field.propertyNames;
      return { field: path, reason: `expected a name of 1 to ${maxLength} characters, got ${entry.length}` };
    }
    const fault = valueFault(path, field.additionalProperties, item);
    if (fault) return fault;
  }
  return null;
}

function valueFault(path: string, values: MapField['additionalProperties'], item: unknown): Fault | null {
  if (values.type === 'number') {
    const got = numberFault(item, values);
    return got === null ? null : { field: path, reason: `expected a finite number, got ${got}` };
  }
  const got = textFault(item, { type: 'string', description: '', maxLength: SCALAR_MAX });
  return got === null
    ? null
    : { field: path, reason: `expected a string of at most ${SCALAR_MAX} characters, got ${got}` };
}

function expected(name: string, field: Field | undefined, got: string): Fault {
  return { field: name, reason: `expected ${field ? wordsOf(field) : 'a value'}, got ${got}` };
}

function wordsOf(field: Field): string {
  switch (field.type) {
    case 'string':
      return textWords(field);
    case 'number':
    case 'integer':
      return `${field.type === 'integer' ? 'an integer' : 'a number'} ${rangeWords(field)}`;
    case 'array':
      return `an array of at most ${field.maxItems} items`;
    case 'object':
      return `an object of at most ${field.maxProperties} entries`;
  }
}

function textWords({
  enum: choices,
  format,
  minLength,
  maxLength,
}: Extract<Field, { type: 'string' }>): string {
  if (choices) return choices.map((choice) => `"${choice}"`).join(' or ');
  if (format) return TIMESTAMP_WORDS;
  if (maxLength === undefined) return 'a string';
  return minLength
    ? `a string of ${minLength} to ${maxLength} characters`
    : `a string of at most ${maxLength} characters`;
}

function rangeWords({ minimum, maximum }: { minimum: number; maximum: number }): string {
  return minimum < 0 ? 'that is finite' : `from ${minimum} to ${maximum}`;
}

/** What a timestamp must be, for messages. */
export const TIMESTAMP_WORDS = 'RFC 3339 with a time zone, such as 2026-11-22T10:00:00.123Z';

function shownName(name: string): string {
  return name.length <= NAME_SHOWN_MAX ? name : `${name.slice(0, NAME_SHOWN_MAX)}…`;
}
