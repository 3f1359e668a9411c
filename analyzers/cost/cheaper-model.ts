import { SCORE_PREFIX, SIGNALS } from '../../core/signals.ts';
import { contrastOf, type Sides } from '../gate/contrast.ts';
import { DEFAULT_GATE_OPTIONS, type GateOptions, type GateResult, gate } from '../gate/gate.ts';
import { pairsOf } from '../gate/pairs.ts';
import type { GateSide } from '../gate/side.ts';
import type { ComparableSides } from './comparable-sides.ts';

/** What a comparison says of a cheaper model. */
export interface CheaperVerdict {
  /** `served`: not worse by a margin in anything that is judged, and cheaper; `not_cheaper`: not on the same traffic. */
  readonly verdict: 'served' | 'worse' | 'not_cheaper' | 'not_enough_data';
  /** With `not_enough_data`: about how many more rows on each side, or pairs. */
  readonly rowsNeeded: number | null;
  /** Signals that were judged; without a score among them nobody has said that the answers are right. */
  readonly judgedBy: readonly string[];
  /** Those of them that got worse by their margin. */
  readonly worseIn: readonly string[];
  readonly rows: { readonly dear: number; readonly cheap: number; readonly pairs: number };
  /** µ$ a call, of the dear one less the cheap one, with an interval of 90 %; null without prices. */
  readonly savedPerCall: { readonly value: number; readonly low: number; readonly high: number } | null;
}

/** Of speed, which is another question, and of what a prompt is like, which is the sender's doing. */
const NOT_OF_ANSWERS: ReadonlySet<string> = new Set([
  'speed',
  'first_token',
  'queue',
  'throughput',
  'jailbreak',
  'injection',
]);
/** What says whether an answer was good. */
const QUALITY: ReadonlySet<string> = new Set(
  SIGNALS.filter(
    ({ family, kind, aspect }) =>
      family === 'degradation' && kind !== 'category' && !NOT_OF_ANSWERS.has(aspect),
  ).map(({ name }) => name),
);
const COST = 'cost_micro_usd';
const isQuality = (signal: string): boolean => QUALITY.has(signal) || signal.startsWith(SCORE_PREFIX);

/** Of a wrong "served", over all pairs. */
export const RISK = 0.05;
/** Two-sided 90 % of a saving. */
const SAVING_TAIL = 0.05;

/**
 * Judges pairs of models by the gate's non-inferiority comparison. Holm's procedure over the pairs, in whatever way they
 * depend on each other: the chance that any is called "served" whose cheap side is worse by a margin is at most `RISK`. Within a
 * pair every signal must be shown (intersection–union), which costs nothing for their number.
 *
 * @see Holm (1979); Berger & Hsu, Statistical Science 11 (1996)
 */
export async function judgeCheaper(compared: readonly ComparableSides[]): Promise<CheaperVerdict[]> {
  const guards = compared.map(guardOf);
  const results = new Map<number, GateResult>();
  const served = new Set<number>();
  for (let level = 0; ; ) {
    const next = RISK / Math.max(1, compared.length - served.size);
    // Each pair that is served leaves its part to the others; the procedure ends when none is added.
    if (next <= level || served.size === compared.length) break;
    level = next;
    for (const [place, { dear, cheap }] of compared.entries()) {
      if (served.has(place)) continue;
      const options = optionsOf(guards[place] ?? [], { level, pairs: compared.length });
      const result = await gate(onlyQuality(dear), onlyQuality(cheap), options);
      results.set(place, result);
      if (result.verdict === 'same' || result.verdict === 'better') served.add(place);
    }
  }
  return compared.map((sides, place) => verdictOf(sides, guards[place] ?? [], results.get(place)));
}

/** What the dear side has enough of: the cheap one must show it too. */
function guardOf({ dear }: ComparableSides): string[] {
  return [...dear.columns]
    .filter(
      ([signal, column]) =>
        isQuality(signal) &&
        column.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0) >= DEFAULT_GATE_OPTIONS.rowsMin,
    )
    .map(([signal]) => signal)
    .sort();
}

function optionsOf(
  guard: readonly string[],
  { level, pairs }: { level: number; pairs: number },
): GateOptions {
  return {
    ...DEFAULT_GATE_OPTIONS,
    guard,
    riskOfPassing: level,
    familyWise: DEFAULT_GATE_OPTIONS.familyWise / pairs,
  };
}

/** The gate also tells what merely changed, of every column that it is given. */
const onlyQuality = (side: GateSide): GateSide => ({
  ...side,
  columns: new Map([...side.columns].filter(([signal]) => isQuality(signal))),
});

function verdictOf(
  sides: ComparableSides,
  judgedBy: readonly string[],
  result: GateResult | undefined,
): CheaperVerdict {
  const savedPerCall = savingOf(sides);
  const isServed = result?.verdict === 'same' || result?.verdict === 'better';
  const isCheaper = savedPerCall !== null && savedPerCall.low > 0;
  const verdict = !isServed
    ? result?.verdict === 'worse'
      ? 'worse'
      : 'not_enough_data'
    : isCheaper
      ? 'served'
      : 'not_cheaper';
  return {
    verdict,
    rowsNeeded: verdict === 'not_enough_data' ? (result?.rowsNeeded ?? DEFAULT_GATE_OPTIONS.rowsMin) : null,
    judgedBy,
    worseIn: (result?.guarded ?? []).flatMap((one) => (one.verdict === 'worse' ? [one.signal] : [])),
    rows: { dear: sides.dear.rows, cheap: sides.cheap.rows, pairs: result?.pairs ?? 0 },
    savedPerCall,
  };
}

function savingOf({ dear, cheap }: ComparableSides): CheaperVerdict['savedPerCall'] {
  const sides = costSides(dear, cheap);
  if (Math.min(sides.before.values.length, sides.after.values.length) < DEFAULT_GATE_OPTIONS.rowsMin)
    return null;
  const { value, low, high } = contrastOf(sides, SAVING_TAIL);
  return { value: -value, low: -high, high: -low };
}

function costSides(dear: GateSide, cheap: GateSide): Sides {
  const [old, now] = [dear.columns.get(COST), cheap.columns.get(COST)];
  const pairs = pairsOf(dear, cheap);
  if (pairs.length === 0)
    return { isPaired: false, before: pricedRows(dear, old), after: pricedRows(cheap, now) };
  const priced = pairs.flatMap(({ baseline, candidate, cluster }) => {
    const [before, after] = [meanOf(old, baseline), meanOf(now, candidate)];
    return Number.isNaN(before) || Number.isNaN(after) ? [] : [{ before, after, cluster }];
  });
  const clusters = priced.map(({ cluster }) => cluster);
  return {
    isPaired: true,
    before: { values: priced.map(({ before }) => before), clusters },
    after: { values: priced.map(({ after }) => after), clusters },
  };
}

function pricedRows({ units }: GateSide, column: Float64Array | undefined): Sides['before'] {
  const rows = [...(column ?? [])].flatMap((value, row) => (Number.isNaN(value) ? [] : [{ value, row }]));
  return {
    values: rows.map(({ value }) => value),
    clusters: rows.map(({ row }) => units[row] ?? ''),
  };
}

/** NaN where none of the rows has a value. */
function meanOf(column: Float64Array | undefined, rows: readonly number[]): number {
  const values = rows.map((row) => column?.[row] ?? Number.NaN).filter((value) => !Number.isNaN(value));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
