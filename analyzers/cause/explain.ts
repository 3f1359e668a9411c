import type {
  Cause,
  ExamplePairIds,
  GroupChange,
  MixShare,
  SubsetScan,
  TopicShares,
} from '../../core/cause.ts';
import type { Direction } from '../../core/finding.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { topicMap } from '../topics/topic-map.ts';
import { type Candidate, examplePairs } from './example-pairs.ts';
import { meanChange } from './group-change.ts';
import { mixShare, sharesOf } from './mix.ts';
import { type Scores, scoresOf } from './scores.ts';
import { findSubset } from './subset.ts';
import { type CauseRow, type CauseTable, causeTable } from './table.ts';

/** A prompt with its vector, of the same inferences or of others of the same sides. */
export interface EmbeddedRow extends Omit<CauseRow, 'attributes'> {
  readonly vector: Float32Array;
  /** Names topics. */
  readonly text: string;
}

/** Everything that is read of the two sides of a change. */
export interface ExplainInput {
  readonly direction: Direction;
  /** Of a category signal, the category that people were told of; absent, or one that no row has: the one whose share moved most. */
  readonly category?: string;
  readonly attributes: readonly string[];
  readonly rows: readonly CauseRow[];
  /** Of a segment, the whole that it is part of: there the subset is looked for, so that the segment must stand out to be named; null: in `rows`. */
  readonly whole: { readonly attributes: readonly string[]; readonly rows: readonly CauseRow[] } | null;
  /** By id, equal for equal prompts; those without are left out. */
  readonly prompts: ReadonlyMap<string, string>;
  readonly embedded: readonly EmbeddedRow[];
}

/** What can be said from it. */
export type Explained = Pick<Cause, 'measure' | 'category' | 'whole' | 'mixes' | 'scan' | 'topics' | 'pairs'>;

const MIXES_SHOWN = 6;
/** Of the inferences after, so many must have values that were there before: what came with the change is no mix that changed, but what began then. */
const KNOWN_MIN = 0.8;
/** So much of both sides must be alike in an attribute: where it was replaced as a whole, nothing can be compared within its values. */
const COMMON_MIN = 0.3;
/** Examples are chosen from so many of each side. */
const CANDIDATES_MAX = 4_000;
const HALF_SEED = 0x9747b28c;

/**
 * Explains a change from samples of both sides; null if a side is empty. The same input gives the same answer. Seconds of arithmetic at 60,000 rows: not for
 * the thread that answers requests.
 */
export function explain(input: ExplainInput): Explained | null {
  const { rows, direction, category, attributes } = input;
  const sides = new Set(rows.map(({ isAfter }) => isAfter));
  if (sides.size < 2) return null;
  const scores = scoresOf(rows, direction, category);
  const table = causeTable(rows, scores.scores, attributes);
  const middleOf = middles(rows, scores);
  const change = meanChange(table);
  const sign = change.value >= 0 ? 1 : -1;
  return {
    measure: scores.measure,
    category: scores.category,
    whole: groupChange(change, () => true, middleOf),
    mixes: mixesOf(table),
    scan: scanOf(input, scores, sign),
    topics: topicsOf(input, scores),
    pairs: pairsOf(input, { scores, sign }),
  };
}

function mixesOf(table: CauseTable): MixShare[] {
  return table.attributes
    .filter((attribute) => sharesOf(table, attribute).known >= KNOWN_MIN)
    .map((attribute) => mixShare(table, attribute))
    .sort((a, b) => Math.abs(b.mix.value) - Math.abs(a.mix.value))
    .slice(0, MIXES_SHOWN);
}

type MiddleOf = (isAfter: boolean, isInside: (row: number) => boolean) => { rows: number; middle: number };

/** Where it changed more than elsewhere, the way the incident's own inferences did. */
function scanOf(input: ExplainInput, { category }: Scores, towards: 1 | -1): SubsetScan {
  const { rows, attributes: names } = input.whole ?? input;
  const scores = scoresOf(rows, input.direction, category);
  const table = causeTable(rows, scores.scores, names);
  const halves = Uint8Array.from(rows, ({ unit }) => hashOf(unit) & 1);
  const [random, middleOf] = [seededRandom(1), middles(rows, scores)];
  const isHeldOut = (row: number): boolean => halves[row] === 1;
  const comparable = table.attributes.filter((one) => sharesOf(table, one).common >= COMMON_MIN);
  const { found, chance } = findSubset({ ...table, attributes: comparable }, { isHeldOut, random, towards });
  const attributes = comparable.map(({ name }) => name);
  if (!found) return { subset: null, attributes, chance };
  const { parts, inside, outside, isInside, chanceConfirmed } = found;
  return {
    attributes,
    chance,
    subset: {
      parts,
      inside: groupChange(inside, (row) => isHeldOut(row) && isInside(row), middleOf),
      outside: groupChange(outside, (row) => isHeldOut(row) && !isInside(row), middleOf),
      chance,
      chanceConfirmed,
    },
  };
}

function groupChange(
  { value, low, high }: { value: number; low: number; high: number },
  isInside: (row: number) => boolean,
  middleOf: MiddleOf,
): GroupChange {
  return {
    before: middleOf(false, isInside),
    after: middleOf(true, isInside),
    change: { value, low, high },
  };
}

/** Rows, and their middle in the signal's unit: the share of ones or of the category, else the median. */
function middles(rows: readonly CauseRow[], { measure, scores }: Scores): MiddleOf {
  return (isAfter, isInside) => {
    const places = rows.flatMap((row, place) => (row.isAfter === isAfter && isInside(place) ? [place] : []));
    if (places.length === 0) return { rows: 0, middle: 0 };
    if (measure === 'share' || measure === 'category') {
      const sum = places.reduce((total, place) => total + (scores[place] ?? 0), 0);
      return { rows: places.length, middle: sum / places.length };
    }
    const values = Float64Array.from(places, (place) => Number(rows[place]?.value)).sort();
    return { rows: places.length, middle: values[(values.length - 1) >> 1] ?? 0 };
  };
}

/** What each topic of the prompts adds, by the sample that has vectors; null without vectors on a side. */
function topicsOf({ embedded, direction }: ExplainInput, { category }: Scores): TopicShares | null {
  if (new Set(embedded.map(({ isAfter }) => isAfter)).size < 2) return null;
  const map = topicMap(
    embedded.map(({ vector, text, isAfter }) => ({ vector, text, side: isAfter ? 'current' : 'baseline' })),
    seededRandom(1),
  );
  const rows = embedded.map(({ id, isAfter, unit, value }, place) => ({
    id,
    isAfter,
    unit,
    value,
    attributes: [String(map.points[place]?.topic ?? 0)],
  }));
  const table = causeTable(rows, scoresOf(rows, direction, category).scores, ['topic']);
  const [attribute] = table.attributes;
  if (!attribute) return null;
  const { mix, within, values } = mixShare(table, attribute);
  return {
    mix,
    within,
    topics: values.map(({ value, ...share }) => ({
      terms: map.topics[Number(value)]?.terms ?? [],
      ...share,
    })),
  };
}

function pairsOf(
  { rows, prompts, embedded }: ExplainInput,
  { scores, sign }: { scores: Scores; sign: 1 | -1 },
): ExamplePairIds[] {
  const vectors = new Map(embedded.map(({ id, vector }) => [id, vector]));
  const candidates = rows.map(
    ({ id, isAfter }, place): Candidate => ({
      id,
      isAfter,
      score: scores.scores[place] ?? 0,
      prompt: prompts.get(id) ?? '',
      vector: vectors.get(id) ?? null,
    }),
  );
  const known = candidates.filter(({ prompt, vector }) => vector !== null || prompt !== '');
  const some = (isAfter: boolean): Candidate[] =>
    known.filter((one) => one.isAfter === isAfter).slice(0, CANDIDATES_MAX);
  return examplePairs([...some(false), ...some(true)], sign);
}

/** Unsigned 32 bits of a text: FNV-1a with murmur3's final mix, so that sessions with names in a row fall apart evenly. */
function hashOf(text: string): number {
  let h = HALF_SEED;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
