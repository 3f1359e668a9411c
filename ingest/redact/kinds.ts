/** What the built-in detectors find, the kind that wins an overlap first. */
export const KINDS = ['secret', 'email', 'iban', 'card', 'ssn', 'national_id', 'ip', 'phone'] as const;

export type Kind = (typeof KINDS)[number];

/** A stretch of a text, [start, end) in UTF-16 units. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A stretch, and what it is: a built-in kind, or the name of a pattern of one's own. */
export interface Finding extends Stretch {
  readonly kind: string;
}

/** Looks for one kind, in order of place; may overlap what others find. Linear in the text. */
export type Detector = (text: string) => Stretch[];
