/** A value that JSON has, and that nobody else holds. */
export type Plain = string | number | boolean | null | Plain[] | PlainObject;
export interface PlainObject {
  [name: string]: Plain;
}

/** What one copy may still cost. */
export interface CopyBudget {
  /** Values left; what comes after is cut. */
  nodes: number;
  /** Estimate of what was copied, in bytes: text by its length, and a little for each value. */
  bytes: number;
}

/** A conversation of 1,000 messages with tools has some 20,000 values; what has more is no conversation. */
export const COPY_NODES_MAX = 50_000;
/** Deeper than any payload of a vendor, shallower than what would overflow a stack. */
const DEPTH_MAX = 32;
const BYTES_PER_VALUE = 16;

const CUT = '[cut]';
const UNREADABLE = '[unreadable]';

/**
 * A copy of `value` as JSON would have it, so that the host may go on changing the original. Texts are shared, which
 * makes it cheap: its cost grows with the number of values, not with their length. What JSON cannot say is named in
 * brackets: circles, getters that throw, bytes. Never throws for what the host's objects do.
 */
export function plainCopy(value: unknown, budget: CopyBudget): Plain | undefined {
  return copy(value, budget, []);
}

/** Undefined for what JSON leaves out. */
function copy(value: unknown, budget: CopyBudget, above: object[]): Plain | undefined {
  budget.nodes--;
  budget.bytes += BYTES_PER_VALUE;
  switch (typeof value) {
    case 'string':
      budget.bytes += value.length;
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : copyObject(value, budget, above);
    default:
      return undefined;
  }
}

function copyObject(value: object, budget: CopyBudget, above: object[]): Plain | undefined {
  if (budget.nodes < 0 || above.length >= DEPTH_MAX) return CUT;
  if (above.includes(value)) return '[circular]';
  above.push(value);
  try {
    if (Array.isArray(value)) return copyList(value, budget, above);
    return copyOther(value, budget, above);
  } catch {
    return UNREADABLE;
  } finally {
    above.pop();
  }
}

function copyOther(value: object, budget: CopyBudget, above: object[]): Plain | undefined {
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Map) return copyFields(Object.fromEntries(value), budget, above);
  if (value instanceof Set) return copyList([...value], budget, above);
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(), budget, above);
  return copyFields(value, budget, above);
}

function copyList(list: readonly unknown[], budget: CopyBudget, above: object[]): Plain[] {
  const copied: Plain[] = [];
  for (let index = 0; index < list.length; index++) {
    if (budget.nodes < 0) {
      copied.push(CUT);
      break;
    }
    copied.push(read(list, index, budget, above) ?? null);
  }
  return copied;
}

function copyFields(fields: object, budget: CopyBudget, above: object[]): PlainObject {
  const copied: PlainObject = {};
  for (const name of Object.keys(fields)) {
    if (budget.nodes < 0) break;
    const value = read(fields, name, budget, above);
    // Assigned, this name would be the copy's prototype.
    if (value === undefined || name === '__proto__') continue;
    budget.bytes += name.length;
    copied[name] = value;
  }
  return copied;
}

function read(from: object, name: string | number, budget: CopyBudget, above: object[]): Plain | undefined {
  try {
    return copy((from as Record<string | number, unknown>)[name], budget, above);
  } catch {
    return UNREADABLE;
  }
}
