/**
 * The parts of JSON Schema that our records use. A schema written in them is published as it is, and compiled into
 * the check of the hot path (core/record-check.ts).
 */
export type Field = TextField | NumberField | ListField | MapField;

export interface TextField {
  readonly type: 'string';
  readonly description: string;
  readonly minLength?: number;
  /** In UTF-16 units, as JavaScript counts. */
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  readonly pattern?: typeof NO_CONTROL_CHARACTERS;
  readonly format?: 'date-time';
}

export interface NumberField {
  readonly type: 'number' | 'integer';
  readonly description: string;
  readonly minimum: number;
  readonly maximum: number;
}

export interface ListField {
  readonly type: 'array';
  readonly description: string;
  readonly maxItems: number;
  /** Texts, objects that have a role, or anything. */
  readonly items: { readonly type: 'string' } | typeof MESSAGE | Readonly<Record<string, never>>;
}

export interface MapField {
  readonly type: 'object';
  readonly description: string;
  readonly maxProperties: number;
  readonly propertyNames: { readonly minLength: 1; readonly maxLength: number };
  readonly additionalProperties: typeof SCALAR | typeof FINITE;
}

/** What identifies something must be printable on one line. */
export const NO_CONTROL_CHARACTERS = '^[^\\u0000-\\u001f\\u007f]*$';

export const MESSAGE = {
  type: 'object',
  required: ['role'],
  properties: { role: { type: 'string', minLength: 1, maxLength: 200 } },
} as const;

/** Kept as text: 3 becomes "3". */
export const SCALAR = { type: ['string', 'number', 'boolean'], maxLength: 1000 } as const;

export const FINITE = { type: 'number', minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE } as const;

type FieldOf<T> = T extends string
  ? TextField
  : T extends number
    ? NumberField
    : T extends readonly unknown[]
      ? ListField
      : MapField;

type RequiredName<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T] & string;

/** A schema that has exactly the fields of `T`, each of the kind that `T` says. Unknown fields are never allowed. */
export interface RecordSchema<T> {
  readonly title: string;
  readonly description: string;
  readonly required: readonly RequiredName<T>[];
  readonly properties: { readonly [K in keyof T & string]-?: FieldOf<NonNullable<T[K]>> };
  /** Two fields of which at most one may be present. */
  readonly exclusive: readonly [] | readonly [keyof T & string, keyof T & string];
  /** Where a value that has no field of its own belongs. */
  readonly extras: (keyof T & string) | null;
}

/** The same as a JSON Schema document (draft 2020-12). A null stands for an absent field. */
export function toJsonSchema<T>(schema: RecordSchema<T>, id: string): Record<string, unknown> {
  const { title, description, required, properties, exclusive } = schema;
  const isRequired = (name: string): boolean => (required as readonly string[]).includes(name);
  const published = Object.entries<Field>(properties).map(([name, field]) => [
    name,
    isRequired(name) ? field : orNull(field),
  ]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: id,
    title,
    description,
    type: 'object',
    required,
    properties: Object.fromEntries(published),
    additionalProperties: false,
    ...(exclusive.length === 0 ? {} : { not: { required: exclusive, properties: notNull(exclusive) } }),
  };
}

function orNull(field: Field): Record<string, unknown> {
  const nullable: Record<string, unknown> = { ...field, type: [field.type, 'null'] };
  if ('enum' in field && field.enum) nullable['enum'] = [...field.enum, null];
  if (field.type === 'object') nullable['additionalProperties'] = scalarOrNull(field.additionalProperties);
  return nullable;
}

function scalarOrNull(values: MapField['additionalProperties']): Record<string, unknown> {
  return { ...values, type: [values.type, 'null'].flat() };
}

function notNull(names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, { not: { type: 'null' } }]));
}
