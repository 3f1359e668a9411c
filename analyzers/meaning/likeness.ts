import { INJECTION_EXEMPLARS, PASSAGE_EXEMPLARS } from './injection-exemplars.ts';
import { JAILBREAK_EXEMPLARS } from './jailbreak-exemplars.ts';
import { fitLikeness, type Likeness } from './kernel-ridge.ts';
import { ORDINARY_EXEMPLARS } from './ordinary-exemplars.ts';
import { piecesOf, spread } from './pieces.ts';

/** Scores by the exemplars, as one embedding model sees them. */
export interface Likenesses {
  /** Of a user's text: how like it is to an attempt to get a model out of its instructions. */
  readonly jailbreak: Likeness;
  /** Of a passage: how like it is to an order to the model. */
  readonly injection: Likeness;
}

/**
 * From here on a text counts: 1 % of harmless texts lie above it with the embedding model that is shipped (docs/misuse.md
 * names them). Another model needs thresholds of its own, which are not
 * known: with one, a warning says so at start. Scores keep their scale, since exemplars are ±1 by any model.
 */
export const JAILBREAK_LIKENESS_MIN = 0.02;
export const INJECTION_LIKENESS_MIN = 0.1;

/** The model reads some 1,000 UTF-16 units of a text; of a longer one pieces are read too. */
const HEAD_UNITS = 800;
const PROMPT_PIECE_WIDTH = 400;
const PROMPT_PIECES_MAX = 8;
/** An order that hides in a passage shows in a sentence of its own and is lost in a longer piece; scraps are joined. */
const PASSAGE_PIECE_WIDTH = 60;
const PASSAGE_PIECES_MAX = 32;
const PASSAGE_PIECES_READ_MAX = 8_192;

/** Words of one who speaks to a model: they choose what is embedded of much, and decide nothing. */
const ADDRESS =
  /\b(?:ai|llm|models?|assistants?|chat ?bots?|agents?|copilots?|system|user|prompt|instructions?|ignore|disregard|forget|override|must|do not|don't|reveal|send|forward|password|credentials|api keys?|secret|execute|reply)\b/giu;

/** Embeds the exemplars and fits both scores: some seconds, once. */
export async function openLikenesses(
  embed: (texts: readonly string[]) => Promise<Float32Array[]>,
): Promise<Likenesses> {
  const [jailbreaks, ordinary, injections, passages] = await Promise.all([
    embed(JAILBREAK_EXEMPLARS),
    embed(ORDINARY_EXEMPLARS),
    embed(INJECTION_EXEMPLARS),
    embed(PASSAGE_EXEMPLARS),
  ]);
  return {
    jailbreak: fitLikeness(jailbreaks, ordinary),
    // What a user writes to get a model out of its instructions does the same in a passage.
    injection: fitLikeness([...injections, ...jailbreaks], [...passages, ...ordinary]),
  };
}

/** What is embedded of a prompt: itself, and of a long one at most 8 pieces spread over all of it. Empty: nothing. */
export function promptTexts(prompt: string): readonly string[] {
  if (prompt === '') return [];
  if (prompt.length <= HEAD_UNITS) return [prompt];
  return [prompt, ...spread(piecesOf(prompt, PROMPT_PIECE_WIDTH), PROMPT_PIECES_MAX)];
}

/**
 * What is embedded of passages: at most 32 sentences. Of more, the 16 with most words of one who speaks to a model, and 16
 * spread over the rest. What lies behind the first 8,192 sentences is not read.
 */
export function passageTexts(passages: readonly string[]): readonly string[] {
  const pieces = new Set<string>();
  for (const passage of passages) {
    for (const piece of piecesOf(passage, PASSAGE_PIECE_WIDTH)) pieces.add(piece);
    if (pieces.size > PASSAGE_PIECES_READ_MAX) break;
  }
  const all = [...pieces].slice(0, PASSAGE_PIECES_READ_MAX);
  if (all.length <= PASSAGE_PIECES_MAX) return all;
  const ranked = all
    .map((piece, index) => ({ piece, index, cues: piece.match(ADDRESS)?.length ?? 0 }))
    .sort((a, b) => b.cues - a.cues || a.index - b.index);
  const half = PASSAGE_PIECES_MAX / 2;
  const rest = ranked.slice(half).sort((a, b) => a.index - b.index);
  return [...ranked.slice(0, half), ...spread(rest, half)].map(({ piece }) => piece);
}

/** The largest score of several vectors; null of none. */
export function largest(likeness: Likeness, vectors: readonly Float32Array[]): number | null {
  return vectors.length === 0 ? null : Math.max(...vectors.map(likeness));
}
