import type { Field, RecordSchema } from './record-schema.ts';

/** A schema ready for the hot path. */
export interface RecordCheck {
  /** True if the parsed JSON object is a record as it stands: no null, nothing to convert. Says nothing about dates. */
  fits(record: object): boolean;
}

/** One shape for every rule, so that the loop over fields stays monomorphic. */
interface Rule {
  readonly kind: Kind;
  readonly min: number;
  readonly max: number;
  readonly nameMax: number;
  readonly choices: readonly string[];
  readonly isKey: boolean;
  readonly bit: number;
}

const Kind = {
  text: 0,
  choice: 1,
  number: 2,
  integer: 3,
  texts: 4,
  messages: 5,
  list: 6,
  textMap: 7,
  numberMap: 8,
} as const;
type Kind = (typeof Kind)[keyof typeof Kind];

/** Bounds of a message's role, and of a value in a map of texts. */
const [ROLE_MAX, SCALAR_MAX] = [200, 1000];

/**
 * Compiles a schema. One look-up per field that is present and no property access by name, so that records of many
 * shapes cost the same as records of one; measured against ajv by `npm run bench -- check`.
 */
export function compileCheck<T>(schema: RecordSchema<T>): RecordCheck {
  const required: readonly string[] = schema.required;
  const exclusive: readonly string[] = schema.exclusive;
  const bitOf = (name: string): number => {
    if (exclusive.includes(name)) return 1 << (required.length + exclusive.indexOf(name));
    return required.includes(name) ? 1 << required.indexOf(name) : 0;
  };
  const rules = new Map(
    Object.entries<Field>(schema.properties).map(([name, field]) => [name, ruleOf(field, bitOf(name))]),
  );
  const requiredBits = (1 << required.length) - 1;
  const exclusiveBits = exclusive.length === 0 ? -1 : exclusive.reduce((bits, name) => bits | bitOf(name), 0);

  return {
    fits(record) {
      const names = Object.keys(record);
      const values: unknown[] = Object.values(record);
      let seen = 0;
      for (let index = 0; index < names.length; index++) {
        const rule = rules.get(names[index] as string);
        if (rule === undefined || !holds(rule, values[index])) return false;
        seen |= rule.bit;
      }
      return (seen & requiredBits) === requiredBits && (seen & exclusiveBits) !== exclusiveBits;
    },
  };
}

function ruleOf(field: Field, bit: number): Rule {
  const rule: Rule = { kind: kindOf(field), min: 0, max: 0, nameMax: 0, choices: [], isKey: false, bit };
  switch (field.type) {
    case 'string':
      return {
        ...rule,
        min: field.minLength ?? 0,
        max: field.maxLength ?? Number.MAX_SAFE_INTEGER,
        choices: field.enum ?? [],
        isKey: field.pattern !== undefined,
      };
    case 'number':
    case 'integer':
      return { ...rule, min: field.minimum, max: field.maximum };
    case 'array':
      return { ...rule, max: field.maxItems };
    case 'object':
      return { ...rule, max: field.maxProperties, nameMax: field.propertyNames.maxLength };
  }
}

function kindOf(field: Field): Kind {
  switch (field.type) {
    case 'string':
      return field.enum ? Kind.choice : Kind.text;
    case 'number':
    case 'integer':
      return Kind[field.type];
    case 'array':
      if (!('type' in field.items)) return Kind.list;
      return field.items.type === 'string' ? Kind.texts : Kind.messages;
    case 'object':
      return field.additionalProperties.type === 'number' ? Kind.numberMap : Kind.textMap;
  }
}

function holds(rule: Rule, value: unknown): boolean {
  switch (rule.kind) {
    case Kind.text:
      return isText(value, rule) && !(rule.isKey && hasControlCharacter(value));
    case Kind.choice:
      return rule.choices.includes(value as string);
    case Kind.number:
      return isNumber(value, rule);
    case Kind.integer:
      return isNumber(value, rule) && Number.isInteger(value);
    case Kind.texts:
    case Kind.messages:
    case Kind.list:
      return Array.isArray(value) && value.length <= rule.max && hasItems(rule.kind, value);
    case Kind.textMap:
    case Kind.numberMap:
      return isMap(rule, value);
  }
}

function isText(value: unknown, { min, max }: { min: number; max: number }): value is string {
  return typeof value === 'string' && value.length >= min && value.length <= max;
}

/** Also false for what JSON makes of 1e400. */
function isNumber(value: unknown, { min, max }: { min: number; max: number }): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}

/** True for a character that cannot be printed on one line: C0 and delete. */
export function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function hasItems(kind: Kind, items: readonly unknown[]): boolean {
  if (kind === Kind.texts) return items.every((item) => typeof item === 'string');
  return kind === Kind.list || items.every(isMessage);
}

function isMessage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.hasOwn(value, 'role') && isText((value as { role: unknown }).role, { min: 1, max: ROLE_MAX });
}

function isMap(rule: Rule, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  if (names.length > rule.max) return false;
  const values: unknown[] = Object.values(value);
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    const item = values[index];
    if (name.length === 0 || name.length > rule.nameMax) return false;
    const isGood = rule.kind === Kind.numberMap ? Number.isFinite(item) : isShortText(item);
    if (!isGood) return false;
  }
  return true;
}

function isShortText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= SCALAR_MAX;
}
