/** A word and how much it says about its class. */
export interface Term {
  readonly term: string;
  readonly weight: number;
}

/** Of one text; what comes later adds little and costs time. */
const WORDS_MAX = 400;
/** Some half a microsecond each. */
const SEGMENTED_UNITS_MAX = 800;
const WORD = /\p{L}[\p{L}\p{M}\p{N}'’]+/gu;
const ONE_WORD = /^\p{L}[\p{L}\p{M}\p{N}'’]+$/u;
/** Scripts without spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** A word of one text is an accident. */
const TEXTS_MIN = 2;

/**
 * What sets classes of texts apart: class-based TF-IDF (Grootendorst, BERTopic, 2022). The weight of a term in a class is
 * √tf · ln(1 + A / f): tf the share of the class's texts that hold it, f how many texts hold it in all, A the mean number of
 * texts of a class. A term counts once a text, so that one long text does not name a class; one that the class holds no
 * more often than all texts do says nothing of it.
 *
 * @param texts of each class
 * @returns per class at most `count` terms, the heaviest first, ties by name
 */
export function distinctiveTerms(texts: readonly (readonly string[])[], count: number): Term[][] {
  const inClass = texts.map(textsByTerm);
  const inAll = new Map<string, number>();
  for (const terms of inClass)
    for (const [term, found] of terms) inAll.set(term, (inAll.get(term) ?? 0) + found);
  const total = texts.reduce((sum, ofClass) => sum + ofClass.length, 0);
  const mean = total / Math.max(1, texts.length);
  return inClass.map((terms, place) => {
    const size = texts[place]?.length ?? 0;
    return [...terms]
      .filter(([term, found]) => {
        const everywhere = (inAll.get(term) ?? 0) / total;
        return found >= Math.min(TEXTS_MIN, size) && (texts.length === 1 || found / size > everywhere);
      })
      .map(([term, found]): Term => {
        const all = inAll.get(term) ?? found;
        return { term, weight: Math.sqrt(found / size) * Math.log(1 + mean / all) };
      })
      .sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1))
      .slice(0, count);
  });
}

function textsByTerm(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const term of new Set(wordsOf(text))) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

/**
 * Words in lower case: letters, from two on; numbers and the commonest words of English are left out. Where a script has no
 * spaces between words they are found by a dictionary, in the first 800 units of such runs.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let room = SEGMENTED_UNITS_MAX;
  for (const [run] of text.toLowerCase().matchAll(WORD)) {
    if (words.length >= WORDS_MAX) break;
    if (!UNSPACED.test(run)) words.push(run);
    else if (room > 0) {
      words.push(...segmented(run.slice(0, room)));
      room -= run.length;
    }
  }
  return words.slice(0, WORDS_MAX).filter((word) => !COMMON.has(word));
}

function segmented(run: string): string[] {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'word' });
  return Array.from(segmenter.segment(run), ({ segment }) => segment).filter((word) => ONE_WORD.test(word));
}

/** Loads its dictionaries when it is first asked. */
let segmenter: Intl.Segmenter | undefined;

const COMMON: ReadonlySet<string> = new Set(
  (
    'about above after again all also am an and any are as at be because been before being below between both but by ' +
    'can could did do does doing down during each few for from further had has have having he her here hers him his how ' +
    "i if in into is it it's its just let me more most my no nor not now of off on once only or other our out over own " +
    'please same she should so some such than that the their them then there these they this those through to too ' +
    'under until up use very was we were what when where which while who whom why will with would you your yes'
  ).split(' '),
);
