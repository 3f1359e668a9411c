import {
  APOLOGY,
  APOLOGY_DECLINES,
  CONDEMNS,
  DECLINES,
  DECLINES_BY_RULE,
  DECLINES_PART,
  DECLINES_PART_GATE,
  DISTANCES,
  EXEMPT,
  FOREIGN_DECLINES,
  PIVOT,
  PREACHES,
  REDIRECT,
  type SpeechAct,
} from './refusal-phrases.ts';
import { RefusalHint, type TextScan } from './text-scan.ts';

/** A refusal opens a response; this much of it is read. */
const READ_CHARACTERS = 4000;
/** It stands in one of the first sentences... */
const OPENING_SENTENCES = 4;
/** ...and ahead of this much text. */
const OPENING_CHARACTERS = 800;
const SENTENCES_MAX = 60;
/** As much text after a refusal that neither turns elsewhere nor preaches is an answer. */
const ANSWER_CHARACTERS = 300;
/** After a turn ("that said, here is") less is enough. */
const PIVOT_CHARACTERS = 100;
/** A judgement without an answer: in a reply no longer than this, and without steps or code. */
const LIST_ITEMS_MIN = 3;
const LIST_ITEM = /^\s{0,8}(?:\d{1,2}[.)]|[-*•])\s+\S/gm;
/** A letter, an e-mail, a dialogue: what "I" says there is not said to the user. */
const COMPOSED =
  /^\s*(?:(?:sure|certainly|of course|here(?:'s| is| are)|absolutely)\b|subject:|dear\s|title:|(?:verse|chorus|act|scene|chapter|stanza|proof)\b|#{1,3}\s|\*\*subject|[A-Z][a-z]{1,20}:\s|hi [A-Z]|hello [A-Z])/i;
const SENTENCE_END = /[.!?]\s|[。！？\n]/g;
const QUOTED = /"[^"\n]{0,400}"|“[^”\n]{0,400}”|«[^»\n]{0,400}»|`[^`\n]{0,400}`/g;

/** `full`: nothing of what was asked is given. `partial`: a part is declined and a part is given. */
export type Refusal = 'none' | 'partial' | 'full';

/** What the scan saw of refusals: where there is nothing to find, nothing is looked for. */
export type RefusalHints = Pick<TextScan, 'refusalHints' | 'ideographs' | 'kana' | 'hangul'>;

/**
 * Whether a response declines: by the speech act of its opening (inability or unwillingness in the first person, an
 * apology with a negation, policy, a moral judgement in place of an answer), weighed against the answer that
 * follows or precedes it. English, with the commonest forms of a dozen other languages. Reads 4,000 characters;
 * linear.
 */
export function refusal(text: string, hints: RefusalHints): Refusal {
  const { refusalHints } = hints;
  const isWide = hints.ideographs + hints.kana + hints.hangul > 0;
  if (refusalHints === 0 && !isWide) return 'none';
  const opening = sentencesOf(text.slice(0, OPENING_CHARACTERS));
  const isForeign = (refusalHints & RefusalHint.Foreign) !== 0 || isWide;
  if (isForeign && FOREIGN_DECLINES.some((pattern) => pattern.test(opening.join(' ')))) return 'full';
  if ((refusalHints & RefusalHint.Opening) !== 0 && !COMPOSED.test(text.slice(0, OPENING_CHARACTERS))) {
    const found = ofOpening(text, opening.slice(0, OPENING_SENTENCES));
    if (found !== 'none') return found;
  }
  return declinesPart(text) ? 'partial' : 'none';
}

function ofOpening(text: string, opening: readonly string[]): Refusal {
  const at = opening.findIndex(declines);
  if (at < 0 && !opening.slice(0, 2).some(judges)) return 'none';
  const head = text.slice(0, READ_CHARACTERS);
  const sentences = sentencesOf(head);
  if (at < 0) return preaches(sentences, head) ? 'full' : 'none';
  return answersBefore(sentences, at) || answersAfter(head, sentences, at) ? 'partial' : 'full';
}

function declines(sentence: string): boolean {
  if (EXEMPT.test(sentence)) return false;
  if (APOLOGY.test(sentence) && APOLOGY_DECLINES.test(sentence)) return true;
  return says(DECLINES, sentence) || says(DECLINES_BY_RULE, sentence);
}

/** Something was given before: two sentences that neither decline nor judge. */
function answersBefore(sentences: readonly string[], at: number): boolean {
  return answering(sentences.slice(0, at)).filter((sentence) => sentence.length > 60).length >= 2;
}

/** A turn to an answer, steps or code, with enough text after it. */
function answersAfter(head: string, sentences: readonly string[], at: number): boolean {
  const pivot = sentences.findIndex((sentence, index) => index >= at && PIVOT.test(sentence));
  if (pivot >= 0) {
    const turned = PIVOT.exec(sentences[pivot] ?? '');
    const rest = (sentences[pivot] ?? '').slice(turned?.index);
    if (textLength(answering([rest, ...sentences.slice(pivot + 1)])) >= PIVOT_CHARACTERS) return true;
  }
  if (listItems(head) < LIST_ITEMS_MIN && !head.includes('```')) return false;
  return textLength(answering(sentences.slice(at + 1))) >= ANSWER_CHARACTERS;
}

/** What is left of the sentences without redirects, sermons and further refusals. */
function answering(sentences: readonly string[]): string[] {
  return sentences.filter(
    (sentence) =>
      !REDIRECT.test(sentence) && !PREACHES.test(sentence) && !judges(sentence) && !declines(sentence),
  );
}

/** Condemns the request in the first two sentences, or keeps a distance there and then gives no answer. */
function preaches(sentences: readonly string[], head: string): boolean {
  if (listItems(head) >= LIST_ITEMS_MIN || head.includes('```')) return false;
  if (sentences.some((sentence) => PIVOT.test(sentence))) return false;
  const opening = sentences.slice(0, 2);
  if (opening.some((sentence) => says(CONDEMNS, sentence))) return true;
  return opening.some(judges) && textLength(answering(sentences)) < ANSWER_CHARACTERS;
}

function judges(sentence: string): boolean {
  return says(CONDEMNS, sentence) || says(DISTANCES, sentence);
}

function says({ gate, patterns }: SpeechAct, sentence: string): boolean {
  return gate.test(sentence) && patterns.some((pattern) => pattern.test(sentence));
}

/** Helps and then declines a part, in so many words: behind the first sentence, which is the opening's. */
function declinesPart(text: string): boolean {
  const head = text.slice(0, READ_CHARACTERS);
  if (!DECLINES_PART_GATE.test(head)) return false;
  const later = sentencesOf(head).slice(1);
  return later.some((sentence) => !EXEMPT.test(sentence) && DECLINES_PART.test(sentence));
}

function listItems(head: string): number {
  return head.match(LIST_ITEM)?.length ?? 0;
}

function textLength(sentences: readonly string[]): number {
  return sentences.reduce((sum, sentence) => sum + sentence.length, 0);
}

/** Sentences in the form that the phrases expect, without quotations: what is quoted is not said. */
function sentencesOf(head: string): string[] {
  const plain = plainText(head);
  const sentences: string[] = [];
  let start = 0;
  for (const end of plain.matchAll(SENTENCE_END)) {
    addSentence(sentences, plain.slice(start, end.index + 1));
    start = end.index + end[0].length;
    if (sentences.length === SENTENCES_MAX) return sentences;
  }
  addSentence(sentences, plain.slice(start));
  return sentences;
}

function addSentence(sentences: string[], text: string): void {
  const trimmed = text.trim();
  if (trimmed !== '') sentences.push(trimmed);
}

/** Each step costs a copy, so it is taken where there is something to do. */
function plainText(head: string): string {
  let plain = head.toLowerCase();
  if (plain.includes('’')) plain = plain.replaceAll('’', "'");
  if (/["“«`]/.test(plain)) plain = plain.replace(QUOTED, ' ');
  if (/[*_#>]/.test(plain)) plain = plain.replace(/[*_#>]+/g, '');
  return /[ \t]{2}/.test(plain) ? plain.replace(/[ \t]+/g, ' ') : plain;
}
