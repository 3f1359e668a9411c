import type { Field, RecordSchema } from './record-schema.ts';

/**
 * A copy in which a null field is left out, and numbers and booleans in maps of texts are texts. What has no such
 * meaning is left as it is, for the check to name.
 */
export function normalise<T>(schema: RecordSchema<T>, record: object): object {
  const fields: Readonly<Record<string, Field>> = schema.properties;
  const entries = Object.entries(record)
    .filter(([name, value]) => value !== null || !Object.hasOwn(fields, name))
    .map(([name, value]) => [
      name,
      normaliseField(Object.hasOwn(fields, name) ? fields[name] : undefined, value),
    ]);
  return Object.fromEntries(entries);
}

function normaliseField(field: Field | undefined, value: unknown): unknown {
  const isMap =
    field?.type === 'object' && typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap) return value;
  // A name that is not allowed stays, also with a null, for the check to name.
  const isName = (name: string): boolean => name.length >= 1 && name.length <= field.propertyNames.maxLength;
  const entries = Object.entries(value).filter(([name, item]) => item !== null || !isName(name));
  if (field.additionalProperties.type === 'number') return Object.fromEntries(entries);
  return Object.fromEntries(entries.map(([name, item]) => [name, scalarText(item)]));
}

function scalarText(value: unknown): unknown {
  const isScalar = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
  return isScalar ? String(value) : value;
}
