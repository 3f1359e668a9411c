import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import { formatNumber, plural } from '../../core/format.ts';
import { groupBy } from '../../core/group-by.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { createStep } from '../analysis.ts';
import { type Calibrated, CHANGES, calibrateSignal } from '../calibrate.ts';
import { monitorPlan } from '../monitor-plan.ts';
import type { MonitorReads } from '../monitor-reads.ts';
import { withMonitorReads } from '../open-monitor-reads.ts';
import type { World } from './command.ts';
import { startProgress } from './render/progress.ts';
import { type Cell, renderTable } from './render/table.ts';

interface Options {
  readonly days: string;
  readonly months: string;
  readonly signals: string;
  readonly windows: string;
  readonly seed: string;
  readonly json?: boolean;
}

const DAY_MS = 86_400_000;

/** `plumbline calibrate`: what the false-alarm budget really costs on the installation's own past, and what it can see. */
export function addCalibrate(program: Command, world: World): void {
  program
    .command('calibrate')
    .summary('replay your own history as if nothing had happened')
    .description(
      'Replays your own history through the real detectors as if nothing had happened: whole days of the same weekday in another order. Prints how many false pages a month that gives, with a 95 % interval, beside what the budget allows; and the smallest change that is seen. Reads the rollups, and writes nothing.',
    )
    .option('--days <n>', 'days of the past that are drawn from', '28')
    .option('--months <n>', 'months that are simulated', '1')
    .option(
      '--signals <n>',
      'signals of streams that are simulated, those with the largest part of the budget first',
      '40',
    )
    .option('--windows <n>', 'a change must be called within so many windows to count as seen', '24')
    .option('--seed <n>', 'another draw', '1')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline calibrate\n  plumbline calibrate --months 6 --signals 200 --json',
    )
    .action((options: Options) => run(options, world));
}

async function run(options: Options, world: World): Promise<void> {
  const [days, months, signalsMax, windowsMax, seed] = (
    ['days', 'months', 'signals', 'windows', 'seed'] as const
  ).map((name) => wholeNumber(options[name], name)) as [number, number, number, number, number];
  const progress = startProgress({ label: 'replaying', noun: 'signals' }, world.stderr, {
    terminal: world.err,
    nowMs: () => performance.now(),
  });
  try {
    const { found, left } = await withMonitorReads(world.config(), (reads) =>
      replay(reads, {
        ...{ days, months, signalsMax, windowsMax, seed },
        signal: world.interrupted,
        onProgress: (count, of) => progress.update({ count, doneShare: count / of }),
      }),
    );
    progress.clear();
    report(found, { months, windowsMax, left, isJson: options.json ?? false }, world);
  } finally {
    progress.clear();
  }
}

interface ReplayOptions {
  readonly days: number;
  readonly months: number;
  readonly signalsMax: number;
  readonly windowsMax: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (count: number, of: number) => void;
}

async function replay(
  reads: MonitorReads,
  { days, months, signalsMax, windowsMax, seed, signal: interrupted, onProgress }: ReplayOptions,
): Promise<{ found: Calibrated[]; left: number }> {
  const watched = await reads.watched();
  const { monitors, settings } = watched;
  const { WINDOW: window } = settings;
  if (window.kind !== 'time')
    throw new AppError('invalid_input', 'calibrate replays windows of time: set WINDOW to 5m or 1h, say');
  const { streams, budget } = monitorPlan(watched);
  const lastMs = Math.max(0, ...streams.map(({ until }) => until.getTime()));
  const all = streams
    .flatMap(({ key, signals }) =>
      signals.map((signal) => ({ key, signal, weight: budget.weightOf(key, signal) })),
    )
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  const chosen = all.slice(0, signalsMax);
  const step = createStep({
    window,
    baselineRows: settings.BASELINE_ROWS,
    baselineFor: async () => null,
    monitors: () => monitors,
    monitorBaseline: async () => async () => null,
  });
  const random = seededRandom(seed);
  const span = { since: new Date(lastMs - days * DAY_MS), until: new Date(lastMs), windowMs: window.ms };
  const found: Calibrated[] = [];
  for (const [place, { key, signal }] of chosen.entries()) {
    interrupted.throwIfAborted();
    const history = await reads.history({ key, signal }, span);
    const one = await calibrateSignal(
      { key, signal, history },
      { windowMs: window.ms, step, budget, monitors, months, windowsMax, random },
    );
    if (one) found.push(one);
    onProgress(place + 1, chosen.length);
  }
  return { found, left: all.length - found.length };
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new AppError('invalid_input', `--${name} ${text}: expected a whole number above 0`);
}

function report(
  found: readonly Calibrated[],
  at: { months: number; windowsMax: number; left: number; isJson: boolean },
  world: World,
): void {
  const { months, windowsMax, left } = at;
  const groups = [...groupBy(found, ({ monitor }) => monitor ?? 'none')].map(([monitor, ofMonitor]) =>
    costOf(monitor, ofMonitor, months),
  );
  const total = costOf('all', found, months);
  if (at.isJson) {
    const json = { months, windows: windowsMax, total, monitors: groups, signals: found, left_out: left };
    world.print(`${JSON.stringify(json)}\n`);
    return;
  }
  if (found.length === 0) {
    world.tell('There is too little history: two days of windows are the least.\n');
    return;
  }
  const heads = ['monitor', 'signals', 'false pages a month', '95 %', 'allowed'];
  const rows = [...groups, total].map(({ monitor, signals, perMonth, low, high, allowed }): Cell[] => [
    { text: monitor },
    { text: String(signals) },
    { text: formatNumber(perMonth) },
    { text: `${formatNumber(low)} to ${formatNumber(high)}` },
    { text: formatNumber(allowed) },
  ]);
  world.print(`${renderTable({ heads, rows }, world.out).join('\n')}\n\n`);
  world.print(`${renderTable(sights(found, windowsMax), world.out).join('\n')}\n`);
  if (left > 0) world.tell(`${plural(left, 'signal')} not replayed: --signals, or too little history.\n`);
}

function sights(found: readonly Calibrated[], windowsMax: number) {
  const heads = ['signal', `smallest change seen within ${windowsMax} windows`, 'stream'];
  const rows = found.map(({ key, signal, smallestSeen, isRate }): Cell[] => [
    { text: signal },
    {
      text:
        smallestSeen === null
          ? `none up to +${CHANGES.at(-1)}`
          : `+${formatNumber(smallestSeen * 100)} ${isRate ? 'points' : '%'}`,
    },
    { text: [key.model, key.version, key.segment].filter(Boolean).join(' · ') },
  ]);
  return { heads, rows };
}

/** Alarms a month, with the exact Poisson interval by Wilson and Hilferty's cube root, right to a few per cent. */
function costOf(monitor: string, found: readonly Calibrated[], months: number) {
  const alarms = found.reduce((sum, one) => sum + one.alarms, 0);
  const z = 1.96;
  const bound = (count: number, sign: number): number =>
    count === 0 ? 0 : count * (1 - 1 / (9 * count) + (sign * z) / (3 * Math.sqrt(count))) ** 3;
  return {
    monitor,
    signals: found.length,
    perMonth: alarms / months,
    low: bound(alarms, -1) / months,
    high: bound(alarms + 1, 1) / months,
    allowed: found.reduce((sum, one) => sum + one.allowed, 0) / months,
  };
}
