import type { Embedder } from '../embed/embedder.ts';
import { groundedness, groundTexts } from './groundedness.ts';
import {
  INJECTION_LIKENESS_MIN,
  JAILBREAK_LIKENESS_MIN,
  type Likenesses,
  largest,
  openLikenesses,
  passageTexts,
  promptTexts,
} from './likeness.ts';

/** What of an inference these signals read. */
export interface MeaningSource {
  readonly promptText: string;
  readonly response: string;
  readonly context: readonly string[];
  /** What tools answered. */
  readonly toolResults: readonly string[];
}

/** Signals that follow from the meaning of texts. Null: not measurable, or not enabled. */
export interface MeaningSignals {
  readonly groundedness: number | null;
  /** 0 or 1. */
  readonly jailbreak: number | null;
  readonly injection: number | null;
  /** The scores that decide them: about −1 like the harmless exemplars, +1 like the others. */
  readonly jailbreak_likeness: number | null;
  readonly injection_likeness: number | null;
}

export const MEANING_SIGNALS = ['groundedness', 'jailbreak', 'injection'] as const;
export type MeaningSignalName = (typeof MEANING_SIGNALS)[number];

/** Inferences whose texts are asked for in one call: at most 64 × 64 texts, which the embedder's queue holds. */
const ROWS_PER_CALL = 64;

/** Of an inference whose texts say nothing. */
export const NO_MEANING: MeaningSignals = {
  groundedness: null,
  jailbreak: null,
  injection: null,
  jailbreak_likeness: null,
  injection_likeness: null,
};

/**
 * A function of the meaning signals of inferences, in their order (docs/misuse.md). Equal texts are embedded once. At most 65
 * texts of an inference are embedded, most of them short; the exemplars when it is first called.
 */
export function createMeaningSignals(
  embedder: Pick<Embedder, 'embed'>,
  enabled: ReadonlySet<MeaningSignalName>,
): (rows: readonly MeaningSource[]) => Promise<MeaningSignals[]> {
  let likenesses: Promise<Likenesses> | null = null;
  const open = (): Promise<Likenesses> => {
    // A failure is not kept: the next call tries again.
    likenesses ??= openLikenesses((texts) => embedder.embed(texts)).catch((error: unknown) => {
      likenesses = null;
      throw error;
    });
    return likenesses;
  };
  return async (rows) => {
    if (enabled.size === 0) return rows.map(() => NO_MEANING);
    const signals: MeaningSignals[] = [];
    for (let start = 0; start < rows.length; start += ROWS_PER_CALL) {
      const part = rows.slice(start, start + ROWS_PER_CALL).map((row) => textsOf(row, enabled));
      const vectors = await vectorsOf(part, embedder);
      const needsExemplars = part.some(({ prompt, passages }) => prompt.length + passages.length > 0);
      const likeness = needsExemplars ? await open() : null;
      for (const texts of part) signals.push(signalsOf(texts, vectors, likeness));
    }
    return signals;
  };
}

interface Texts {
  readonly ground: ReturnType<typeof groundTexts>;
  readonly prompt: readonly string[];
  readonly passages: readonly string[];
}

function textsOf(row: MeaningSource, enabled: ReadonlySet<MeaningSignalName>): Texts {
  return {
    ground: enabled.has('groundedness') ? groundTexts(row.response, row.context) : null,
    prompt: enabled.has('jailbreak') ? promptTexts(row.promptText) : [],
    passages: enabled.has('injection') ? passageTexts([...row.context, ...row.toolResults]) : [],
  };
}

type Vectors = (texts: readonly string[]) => Float32Array[];

async function vectorsOf(rows: readonly Texts[], embedder: Pick<Embedder, 'embed'>): Promise<Vectors> {
  const texts = [
    ...new Set(
      rows.flatMap(({ ground, prompt, passages }) => [
        ...(ground ? [...ground.claims, ...ground.pieces] : []),
        ...prompt,
        ...passages,
      ]),
    ),
  ];
  const made = texts.length === 0 ? [] : await embedder.embed(texts);
  const vectors = new Map(texts.map((text, index) => [text, made[index]]));
  return (wanted) => wanted.flatMap((text) => vectors.get(text) ?? []);
}

function signalsOf(texts: Texts, vectors: Vectors, likenesses: Likenesses | null): MeaningSignals {
  const { ground, prompt, passages } = texts;
  const jailbreak = likenesses && largest(likenesses.jailbreak, vectors(prompt));
  const injection = likenesses && largest(likenesses.injection, vectors(passages));
  return {
    groundedness: ground && groundedness(vectors(ground.claims), vectors(ground.pieces)),
    jailbreak: flagOf(jailbreak, JAILBREAK_LIKENESS_MIN),
    injection: flagOf(injection, INJECTION_LIKENESS_MIN),
    jailbreak_likeness: jailbreak,
    injection_likeness: injection,
  };
}

function flagOf(likeness: number | null, min: number): number | null {
  if (likeness === null) return null;
  return likeness >= min ? 1 : 0;
}
