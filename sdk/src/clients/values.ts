/** An object of the host's or the vendor's: any read of it may throw. */
export type Fields = { readonly [name: string | symbol]: unknown };

/** Node's own, from before anybody can have replaced it: the host's call goes through it. */
export const { apply } = Reflect;

/** Reads one field of what may not be an object; undefined then. */
export function field(value: unknown, name: string | symbol): unknown {
  return isFields(value) ? value[name] : undefined;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

export function isFunction(value: unknown): value is (...given: unknown[]) => unknown {
  return typeof value === 'function';
}

/** The text, or undefined: an empty one says nothing. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A count as the wire contract takes it: a whole number of at least 0; undefined otherwise. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The same object without the fields that are undefined: what the wire contract calls absent. */
export function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  const kept: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) kept[name] = fields[name];
  return kept as T;
}

/** All of these in one new object: several spread into one literal take twenty times as long, and this is on the host's way. */
export function merged<T extends object>(...parts: readonly T[]): T {
  return Object.assign({}, ...parts) as T;
}

/** What `work` returns, or undefined if it throws: what we read must never be felt by the host. */
export function safely<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
