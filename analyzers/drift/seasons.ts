import { cellsOf, type History, short } from './history.ts';

/** Level and spread of a score's window means, as far as the calendar and chance explain them. */
export interface Season {
  /** What is added to the baseline's mean in each hour of the week, 168 of them; null where no season is seen. */
  readonly hours: readonly number[] | null;
  /** Upper limit of the variance of a window's own mean, season known, over the variance of a row. */
  readonly betweenRatio: number;
  /** Degrees of freedom that the ratio rests on. */
  readonly freedom: number;
}

/** What is assumed before windows tell: windows apart by .05 deviations of a row, as if so many had shown it. */
const PRIOR = { ratio: 0.0025, freedom: 8 };
/** With fewer repeats than this a finer calendar is not looked at: an hour of the week needs two weeks. */
const FREEDOM_MIN = 12;

/** What is known of a score before any window has been seen. */
export const UNKNOWN_SEASON: Season = { hours: null, betweenRatio: 2 * PRIOR.ratio, freedom: PRIOR.freedom };

/** Windows of one hour of the week, of one part of the day, or of all. */
interface Group {
  readonly hours: readonly number[];
  readonly windows: number;
  readonly rows: number;
  readonly sum: number;
}

/** Sum of squares of one step of the calendar, and what it has to be measured against. */
interface Step {
  readonly squares: number;
  readonly freedom: number;
  /** Mean of `squares` per unit of the variance between windows, rows being independent. */
  readonly between: number;
}

/**
 * Season of one score by empirical Bayes in four levels: hours of the week shrink to their part of the day (hour × weekday or
 * weekend), these to their four hours of it, and those to the overall mean. How much, and how far windows of one hour differ from
 * week to week, comes from the sums of squares of each step (method of moments). Where a step has no repeats yet, the finer
 * ones are left out and what they would explain counts as variance between windows: tolerant until a day, then a week, is seen.
 *
 * Why four hours: what a day does goes on for hours. Parts that shrank to the overall mean by themselves were all off the same way at
 * night, and the hours of a night together were called.
 *
 * What remains uncertain of each hour is added to the variance between windows, since it differs from hour to
 * hour; the ratio is raised by one standard error, and shrinks to a prior when windows are few.
 *
 * @param at variance of a row's score, the design effect of sessions, and by how much more the windows of one hour vary together than
 * apart: 12 windows of the same conversations say no more of an hour of the week than one
 */
export function seasonOf(
  history: History,
  score: number,
  at: { readonly variance: number; readonly effect: number; readonly together: number },
): Season {
  const hours = cellsOf(history).map(({ hour, windows, rows, sums }) => ({
    hours: [hour],
    windows,
    rows,
    sum: sums[score] ?? 0,
  }));
  if (hours.length === 0 || at.variance <= 0) return UNKNOWN_SEASON;
  const levels = KEYS.map((keyOf) => merged(hours, ({ hours: [hour = 0] }) => keyOf(hour)));
  const all = levels.at(-1)?.[0];
  if (!all) return UNKNOWN_SEASON;
  const noise = at.variance * at.effect;
  const within = stepOf(hours, {
    squares: history.squares[score] ?? 0,
    count: all.windows,
    between: all.rows,
  });
  const steps = levels.slice(1).map((groups, level) => {
    const members = levels[level] ?? [];
    return stepOf(groups, { squares: squaresOf(members), count: members.length, between: ownRows(members) });
  });
  let repeats = within.freedom;
  const isSeen = steps.map(({ freedom }) => {
    const hasRepeats = repeats >= FREEDOM_MIN;
    repeats += freedom;
    return hasRepeats;
  });
  const pooled = sumOf([within, ...steps.filter((_, level) => !isSeen[level])]);
  const between =
    pooled.between > 0 ? Math.max(0, pooled.squares - pooled.freedom * noise) / pooled.between : 0;
  const own = { noise: noise * at.together, between: between * at.together };
  const variances = steps.map((step, level) =>
    isSeen[level]
      ? stepVariance(step, { ...own, units: spread(levels[level] ?? [], levels[level + 1] ?? []) })
      : 0,
  );
  const shrunk = shrink(levels, { ...own, variances });
  const found = (between + shrunk.uncertainty) / at.variance;
  return {
    hours: variances.some((variance) => variance > 0) ? shrunk.deviations : null,
    ...ratioLimit(found, { freedom: pooled.freedom, noise: at.effect / (all.rows / all.windows) }),
  };
}

/** Which hours of the week belong together, level by level: alone, a part of the day, four of these, all. */
const KEYS: readonly ((hour: number) => number)[] = [
  (hour) => hour,
  partOfDay,
  (hour) => Math.floor(partOfDay(hour) / 4),
  () => 0,
];

/** Weekdays and weekends have 24 parts each. */
export function partOfDay(hour: number): number {
  const day = Math.floor(hour / 24);
  return (hour % 24) + (day === 0 || day === 6 ? 24 : 0);
}

function merged(groups: readonly Group[], keyOf: (group: Group) => number): Group[] {
  const found = new Map<number, Group>();
  for (const group of groups) {
    const key = keyOf(group);
    const same = found.get(key);
    found.set(key, {
      hours: [...(same?.hours ?? []), ...group.hours],
      windows: (same?.windows ?? 0) + group.windows,
      rows: (same?.rows ?? 0) + group.rows,
      sum: (same?.sum ?? 0) + group.sum,
    });
  }
  return [...found.values()];
}

/** Between the members of groups: what the finer sums of squares exceed those of the groups by. */
function stepOf(groups: readonly Group[], finer: { squares: number; count: number; between: number }): Step {
  return {
    squares: Math.max(0, finer.squares - squaresOf(groups)),
    freedom: finer.count - groups.length,
    between: Math.max(0, finer.between - ownRows(groups)),
  };
}

function squaresOf(groups: readonly Group[]): number {
  return groups.reduce((sum, group) => sum + (group.rows > 0 ? group.sum ** 2 / group.rows : 0), 0);
}

/** Σ over groups of Σ n² / Σ n, windows of a group being of like size. */
function ownRows(groups: readonly Group[]): number {
  return groups.reduce((sum, { rows, windows }) => sum + rows / Math.max(1, windows), 0);
}

function sumOf(steps: readonly Step[]): Step {
  return steps.reduce((a, b) => ({
    squares: a.squares + b.squares,
    freedom: a.freedom + b.freedom,
    between: a.between + b.between,
  }));
}

/** Rows per unit of variance between the members of groups: N − Σ over groups of Σ N_member² / N_group. */
function spread(members: readonly Group[], groups: readonly Group[]): number {
  const groupOf = new Map(groups.flatMap((group) => group.hours.map((hour) => [hour, group] as const)));
  return members.reduce((sum, { rows, hours: [hour = 0] }) => {
    const whole = groupOf.get(hour)?.rows ?? rows;
    return sum + rows - (rows * rows) / whole;
  }, 0);
}

function stepVariance(step: Step, at: { noise: number; between: number; units: number }): number {
  if (at.units <= 0) return 0;
  return Math.max(0, step.squares - step.freedom * at.noise - at.between * step.between) / at.units;
}

interface Spreads {
  readonly noise: number;
  readonly between: number;
  /** Of the members of the groups of a level, from the finest on. */
  readonly variances: readonly number[];
}

function shrink(
  levels: readonly (readonly Group[])[],
  at: Spreads,
): { deviations: number[]; uncertainty: number } {
  const all = levels.at(-1)?.[0];
  const mean = all ? all.sum / all.rows : 0;
  const byKey = levels.map((groups, level) => {
    const keyOf = KEYS[level] ?? (() => 0);
    return new Map(groups.map((group) => [keyOf(group.hours[0] ?? 0), group]));
  });
  const deviations = new Array<number>(168).fill(0);
  let uncertainty = 0;
  for (let hour = 0; hour < 168; hour++) {
    let shrunk: Shrunk = { deviation: 0, left: 0 };
    // From the coarsest level below all hours to the hour itself.
    for (let level = levels.length - 2; level >= 0; level--) {
      shrunk = shrinkGroup(byKey[level]?.get(KEYS[level]?.(hour) ?? 0), { mean, parent: shrunk, level }, at);
    }
    deviations[hour] = short(shrunk.deviation);
    uncertainty += (shrunk.left * (byKey[0]?.get(hour)?.rows ?? 0)) / (all?.rows ?? 1);
  }
  return { deviations, uncertainty };
}

/** Away from the overall mean, and the variance that is left of it. */
interface Shrunk {
  readonly deviation: number;
  readonly left: number;
}

function shrinkGroup(
  group: Group | undefined,
  at: { readonly mean: number; readonly parent: Shrunk; readonly level: number },
  spreads: Spreads,
): Shrunk {
  const { mean, parent, level } = at;
  const variance = spreads.variances[level] ?? 0;
  if (!group || variance === 0) return { deviation: parent.deviation, left: parent.left + variance };
  const keep = variance / (variance + ownVariance(group, level, spreads));
  return {
    deviation: parent.deviation + keep * (group.sum / group.rows - mean - parent.deviation),
    left: (1 - keep) * variance + (1 - keep) ** 2 * parent.left,
  };
}

/** Variance of a group's mean around its own truth: its rows, its windows, and the members that it happens to have. */
function ownVariance({ rows, windows, hours }: Group, level: number, at: Spreads): number {
  let variance = at.noise / rows + at.between / windows;
  for (let finer = 0; finer < level; finer++) {
    const members = new Set(hours.map((hour) => KEYS[finer]?.(hour))).size;
    variance += (at.variances[finer] ?? 0) / members;
  }
  return variance;
}

/** One standard error above what windows and prior say together. */
function ratioLimit(found: number, at: { freedom: number; noise: number }): Omit<Season, 'hours'> {
  const freedom = at.freedom + PRIOR.freedom;
  const middle = (at.freedom * found + PRIOR.freedom * PRIOR.ratio) / freedom;
  const betweenRatio = middle + (middle + at.noise) * Math.sqrt(2 / freedom);
  return { betweenRatio: Math.round(betweenRatio * 1e6) / 1e6, freedom };
}
