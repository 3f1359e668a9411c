import { type HeadRoom, headRoom } from '../../analyzers/cost/head-room.ts';
import { type Saturation, saturation } from '../../analyzers/cost/saturation.ts';
import { groupBy } from '../../core/group-by.ts';
import type { SpendBudget } from '../../core/spend-budget.ts';
import type { Store } from '../../sql/client.ts';
import { type CapacityMinute, capacityMinutes } from '../../sql/queries/capacity.ts';
import { answeredCalls, spendParts } from '../../sql/queries/spend.ts';
import { outlookOf } from './budget-watch.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAY_MINUTES = 1_440;
/** A capacity is learned from a week: the knee of a server that was changed since is that of another server. */
const CAPACITY_DAYS = 7;
/** Of a day's minutes: what the busiest hour asks for, and no single odd minute. */
const PEAK_SHARE = 0.99;

export interface CostQuery {
  /** Empty: all of them. */
  readonly project: string;
  readonly days: number;
  readonly by: 'stream' | 'segment';
  readonly now: Date;
}

/** What is spent and how long it lasts; times as ISO 8601, money in dollars, shares in [0, 1]. */
export interface CostReport {
  readonly since: string;
  readonly until: string;
  readonly spend: readonly {
    readonly project: string;
    readonly model: string;
    readonly version: string;
    readonly segment: string;
    readonly inferences: number;
    readonly usd: number;
    /** Share of the inferences whose price is known. */
    readonly priced: number;
    /** Null of a segment, and where no call was answered. */
    readonly usd_per_answer: number | null;
    readonly answered: number | null;
  }[];
  readonly budgets: readonly {
    readonly name: string;
    readonly usd: number;
    readonly per: SpendBudget['per'];
    readonly period_until: string;
    readonly spent: number;
    readonly forecast: {
      readonly total: number;
      readonly low: number;
      readonly high: number;
      readonly chance_over: number;
      readonly exhausted_at: string | null;
      readonly exhausted_between: readonly [string | null, string | null];
    } | null;
    /** Hours of spend still missing before there is a forecast; 0 with one. */
    readonly hours_needed: number;
  }[];
  readonly capacity: readonly CapacityLine[];
}

interface CapacityLine {
  readonly project: string;
  readonly model: string;
  readonly accelerator: string;
  /** Output tokens a second: of the mean busy minute, and the most. */
  readonly tokens_per_second: number;
  readonly tokens_per_second_most: number;
  readonly concurrency_most: number;
  readonly utilization: number | null;
  readonly queue_ms_p95: number | null;
  /** Null: nothing slowed down, or too few minutes. */
  readonly knee: Saturation | null;
  readonly head_room: HeadRoom | null;
}

/** Spend, budgets and capacity of the last days. */
export async function costReport(
  store: Store,
  budgets: readonly SpendBudget[],
  { project, days, by, now }: CostQuery,
): Promise<CostReport> {
  const until = new Date(Math.ceil(now.getTime() / HOUR_MS) * HOUR_MS);
  const since = new Date(until.getTime() - days * DAY_MS);
  const [parts, answered, minutes] = await Promise.all([
    spendParts(store, { project, by, since, until }),
    answeredCalls(store, { project, since, until }),
    capacityMinutes(store, { project, since: new Date(until.getTime() - CAPACITY_DAYS * DAY_MS), until }),
  ]);
  const answeredBy = new Map(answered.map((one) => [nameOf(one), one]));
  const outlooks = [];
  for (const budget of budgets) {
    if (project === '' || budget.project === project) outlooks.push(await outlookOf(store, budget, now));
  }
  return {
    since: since.toISOString(),
    until: until.toISOString(),
    spend: parts.map(({ priced, ...part }) => {
      const calls = part.segment === '' ? answeredBy.get(nameOf(part)) : undefined;
      return {
        ...part,
        priced: part.inferences === 0 ? 0 : Math.min(1, priced / part.inferences),
        usd_per_answer: calls && calls.answered > 0 ? calls.usd / calls.answered : null,
        answered: calls && calls.calls > 0 ? calls.answered / calls.calls : null,
      };
    }),
    budgets: outlooks.map(({ budget, period, spent, forecast, finding }) => ({
      name: budget.name,
      usd: budget.usd,
      per: budget.per,
      period_until: period.until.toISOString(),
      spent,
      forecast: forecast && {
        total: forecast.total.value,
        low: forecast.total.low,
        high: forecast.total.high,
        chance_over: forecast.chanceOver,
        exhausted_at: iso(forecast.exhaustedAt.value),
        exhausted_between: [iso(forecast.exhaustedAt.low), iso(forecast.exhaustedAt.high)],
      },
      hours_needed: finding.rowsNeeded ?? 0,
    })),
    capacity: [
      ...groupBy(minutes, ({ project: owner, model, accelerator }) =>
        JSON.stringify([owner, model, accelerator]),
      ).values(),
    ].flatMap(capacityLine),
  };
}

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
const nameOf = ({ project, model, version }: Record<'project' | 'model' | 'version', string>): string =>
  JSON.stringify([project, model, version]);

function capacityLine(minutes: readonly CapacityMinute[]): CapacityLine[] {
  const [first] = minutes;
  if (!first) return [];
  const { project, model, accelerator } = first;
  const knee = saturation(minutes);
  return [
    {
      project,
      model,
      accelerator,
      tokens_per_second: mean(minutes.map(({ throughput }) => throughput)) ?? 0,
      tokens_per_second_most: Math.max(...minutes.map(({ throughput }) => throughput)),
      concurrency_most: Math.max(...minutes.map(({ concurrency }) => concurrency)),
      utilization: mean(minutes.flatMap(({ utilization }) => utilization ?? [])),
      queue_ms_p95: mean(minutes.flatMap(({ queueMs }) => queueMs ?? [])),
      knee,
      head_room: knee && headRoom(dailyPeaks(minutes), knee.kneeThroughput),
    },
  ];
}

/** What the busiest minutes of each whole day asked for, oldest day first. */
function dailyPeaks(minutes: readonly CapacityMinute[]): number[] {
  const days = groupBy(minutes, ({ at }) => Math.floor(at.getTime() / DAY_MS));
  const newest = Math.max(...days.keys());
  return [...days]
    .filter(([day]) => day < newest)
    .sort(([a], [b]) => a - b)
    .map(([, ofDay]) => {
      const ascending = ofDay.map(({ throughput }) => throughput).sort((a, b) => a - b);
      const idle = DAY_MINUTES - ascending.length;
      return ascending[Math.max(0, Math.floor(PEAK_SHARE * DAY_MINUTES) - idle)] ?? 0;
    });
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
