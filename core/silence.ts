import type { Incident } from './incident.ts';

/** What a silence looks at; `label:NAME` is a label of the rule. */
export const MATCHED_FIELDS = [
  'project',
  'model',
  'version',
  'segment',
  'signal',
  'aspect',
  'family',
  'verdict',
  'severity',
  'rule',
] as const;
export type MatchedField = (typeof MATCHED_FIELDS)[number] | `label:${string}`;

/** `model=gpt-*`, `severity!=critical`. `*` stands for any characters. */
export interface Matcher {
  readonly field: MatchedField;
  readonly isNegated: boolean;
  readonly pattern: string;
}

/** Who matches all of it is not told about, from `startsAt` to `endsAt`. Incidents go on, and are seen. */
export interface Silence {
  readonly id: string;
  /** Whose; empty: all projects. */
  readonly project: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly author: string;
  readonly comment: string;
}

/** What a silence and a rule's patterns are held against. */
export type Matched = Pick<
  Incident,
  'project' | 'model' | 'version' | 'segment' | 'signal' | 'aspect' | 'family' | 'verdict'
> & {
  readonly severity: string;
  readonly rule: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** True if the text is what the pattern says, `*` being any characters. Linear in both. */
export function isLike(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (!text.startsWith(first)) return false;
  const last = rest.pop();
  if (last === undefined) return text === first;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** True if the silence covers this at that time. */
export function isSilencedBy(silence: Silence, matched: Matched, at: Date): boolean {
  if (at < silence.startsAt || at >= silence.endsAt) return false;
  if (silence.project !== '' && silence.project !== matched.project) return false;
  return silence.matchers.every(
    ({ field, isNegated, pattern }) => isLike(fieldOf(matched, field), pattern) !== isNegated,
  );
}

function fieldOf(matched: Matched, field: MatchedField): string {
  if (field.startsWith('label:')) {
    const name = field.slice('label:'.length);
    // Not what every object has: `constructor` is a label that nobody gave.
    return (Object.hasOwn(matched.labels, name) ? matched.labels[name] : undefined) ?? '';
  }
  return matched[field as (typeof MATCHED_FIELDS)[number]];
}

/** As a person writes it: `model=gpt-*`. */
export const matcherText = ({ field, isNegated, pattern }: Matcher): string =>
  `${field}${isNegated ? '!=' : '='}${pattern}`;

/** A matcher from its text; null if it is none. */
export function parseMatcher(text: string): Matcher | null {
  const [, field = '', operator, pattern = ''] = /^([^=!]+)(!?=)(.*)$/s.exec(text.trim()) ?? [];
  const isKnown = (MATCHED_FIELDS as readonly string[]).includes(field) || /^label:.+/.test(field);
  return isKnown ? { field: field as MatchedField, isNegated: operator === '!=', pattern } : null;
}
