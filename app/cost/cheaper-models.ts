import { type CheaperVerdict, judgeCheaper } from '../../analyzers/cost/cheaper-model.ts';
import { type ComparableSides, comparableSides } from '../../analyzers/cost/comparable-sides.ts';
import type { GateSide } from '../../analyzers/gate/side.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Store } from '../../sql/client.ts';
import type { Selector } from '../../sql/queries/gate-rows.ts';
import { type ModelCost, modelCosts } from '../../sql/queries/model-costs.ts';
import { promptTopics } from '../../sql/queries/prompt-topics.ts';
import { storedSide } from '../gate/store-rows.ts';

/** A cheaper model beside a dearer one, money in dollars, shares in [0, 1]. */
export interface CheaperModel {
  readonly project: string;
  /** Empty: all inferences. */
  readonly segment: string;
  readonly model: string;
  readonly cheaper_model: string;
  readonly verdict: CheaperVerdict['verdict'];
  readonly rows_needed: number | null;
  readonly judged_by: readonly string[];
  readonly worse_in: readonly string[];
  readonly rows: CheaperVerdict['rows'];
  /** What made them comparable. */
  readonly compared_by: ComparableSides['by'];
  /** Share of the dearer one's calls that the comparison speaks for. */
  readonly coverage: number;
  /** Of those calls, at the traffic of these days, with an interval of 90 %; null without prices. */
  readonly saved_per_month: { readonly value: number; readonly low: number; readonly high: number } | null;
}

export interface CheaperModels {
  readonly pairs: readonly CheaperModel[];
  /** Pairs that were not compared: those that would save least. */
  readonly left_out: number;
}

/** Each takes two reads of a few seconds at a million inferences. */
const PAIRS_MAX = 8;
/** Of a side: margins of two points take some 1,500. */
const ROWS_MAX = 3_000;
/** Lower, and a price list that rounds differs as much. */
const CHEAPER_BY_MIN = 0.1;
const ROWS_MIN = 30;
const HOUR_MS = 3_600_000;
const HOURS_PER_MONTH = 730;
const OTHER = '(other)';

/** Pairs of models of which the cheaper one may do, those that would save most first. An empty project means all. */
export async function cheaperModels(
  store: Store,
  range: { readonly project: string; readonly since: Date; readonly until: Date },
): Promise<CheaperModels> {
  const candidates = candidatesOf(await modelCosts(store, range));
  const chosen = candidates.slice(0, PAIRS_MAX);
  const sides = new Map<string, Promise<GateSide>>();
  const sideOf = (cost: ModelCost): Promise<GateSide> => {
    const name = JSON.stringify([cost.project, cost.model, cost.segment]);
    const known = sides.get(name) ?? storedSide(store, planOf(cost, range), selectorsOf(cost), ROWS_MAX);
    sides.set(name, known);
    return known;
  };
  const compared: ComparableSides[] = [];
  for (const { dear, cheap } of chosen) {
    const [one, other] = [await sideOf(dear), await sideOf(cheap)];
    const ids = [...one.ids, ...other.ids];
    const topics = await promptTopics(store, { project: dear.project, ids });
    compared.push(comparableSides(one, other, (side, row) => stratumOf(side, row, topics)));
  }
  const verdicts = await judgeCheaper(compared);
  const pairs = chosen.flatMap(({ dear, cheap }, place) => {
    const [sidesOfPair, verdict] = [compared[place], verdicts[place]];
    return sidesOfPair && verdict ? [lineOf({ dear, cheap }, sidesOfPair, verdict)] : [];
  });
  return { pairs, left_out: candidates.length - chosen.length };
}

interface Candidate {
  readonly dear: ModelCost;
  readonly cheap: ModelCost;
}

/** Every two models of a segment of which one costs clearly less a call. */
function candidatesOf(costs: readonly ModelCost[]): Candidate[] {
  const known = costs.filter(({ priced, segment }) => priced >= ROWS_MIN && !segment.endsWith(`=${OTHER}`));
  const pairs = [
    ...groupBy(known, ({ project, segment }) => JSON.stringify([project, segment])).values(),
  ].flatMap((models) =>
    models.flatMap((dear) =>
      models
        .filter((cheap) => perCall(cheap) < perCall(dear) * (1 - CHEAPER_BY_MIN))
        .map((cheap) => ({ dear, cheap })),
    ),
  );
  return pairs.sort((a, b) => roughSaving(b) - roughSaving(a));
}

const perCall = ({ usd, priced }: ModelCost): number => usd / priced;
const perMonth = ({ inferences, first, last }: ModelCost): number =>
  (inferences / Math.max(24, (last.getTime() - first.getTime()) / HOUR_MS + 1)) * HOURS_PER_MONTH;
const roughSaving = ({ dear, cheap }: Candidate): number => (perCall(dear) - perCall(cheap)) * perMonth(dear);

function selectorsOf({ model, segment }: ModelCost): Selector[] {
  const ofModel: Selector = { field: 'model', key: '', value: model };
  if (segment === '') return [ofModel];
  const [attribute = '', ...rest] = segment.split('=');
  return [ofModel, { field: 'attributes', key: attribute, value: rest.join('=') }];
}

const planOf = ({ project }: ModelCost, { since, until }: { since: Date; until: Date }) =>
  ({ project, since, until, pairBy: 'prompt' }) as const;

/** Topic of the prompt where it is embedded, its language, and its length by a factor of four. */
function stratumOf(side: GateSide, row: number, topics: ReadonlyMap<string, number>): string {
  const characters = side.columns.get('prompt_characters')?.[row] ?? Number.NaN;
  const size = Number.isNaN(characters) ? null : Math.floor(Math.log(1 + characters) / Math.log(4));
  const topic = topics.get(side.ids[row] ?? '') ?? null;
  return JSON.stringify([topic, side.categories[row]?.['prompt_language'] ?? '', size]);
}

function lineOf(
  { dear, cheap }: Candidate,
  { by, coverage }: ComparableSides,
  { verdict, rowsNeeded, judgedBy, worseIn, rows, savedPerCall }: CheaperVerdict,
): CheaperModel {
  const monthly = (microUsd: number): number => (microUsd / 1e6) * perMonth(dear) * coverage;
  return {
    project: dear.project,
    segment: dear.segment,
    model: dear.model,
    cheaper_model: cheap.model,
    verdict,
    rows_needed: rowsNeeded,
    judged_by: judgedBy,
    worse_in: worseIn,
    rows,
    compared_by: by,
    coverage,
    saved_per_month: savedPerCall && {
      value: monthly(savedPerCall.value),
      low: monthly(savedPerCall.low),
      high: monthly(savedPerCall.high),
    },
  };
}
