import type { Command } from 'commander';
import type { Budget } from '../../analyzers/budget.ts';
import { AppError } from '../../core/errors.ts';
import { streamName } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import { monitorOf } from '../../core/monitor.ts';
import { seededRandom } from '../../core/seeded-random.ts';
import { familyOf } from '../../core/signals.ts';
import type { JudgedStream } from '../../core/stream-store.ts';
import { createStep } from '../analysis.ts';
import { type Calibrated, calibrateSignal, isInRollups } from '../monitors/calibrate.ts';
import { withMonitorReads } from '../monitors/open-reads.ts';
import { monitorPlan } from '../monitors/plan.ts';
import type { MonitorReads } from '../monitors/reads.ts';
import { mixFamilies } from '../watch-settings.ts';
import type { World } from './command.ts';
import { type CalibrationShown, type LeftOut, type Replayed, reportOf } from './render/calibration.ts';
import { startProgress } from './render/progress.ts';

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
      'Replays your own history through the real detectors as if nothing had happened: whole days of the same weekday in another order. Prints how many false pages a month that gives, with a 95 % interval, beside what the budget allows; and the smallest change that is seen. What groups get and what people say of a judge is not in the rollups and not replayed: it is listed as such. Writes nothing.',
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
    const replayed = await withMonitorReads(world.config(), (reads) =>
      replay(reads, {
        ...{ days, months, signalsMax, windowsMax, seed },
        signal: world.interrupted,
        onProgress: (count, of) => progress.update({ count, doneShare: count / of }),
      }),
    );
    progress.clear();
    report(replayed, { months, windowsMax, isJson: options.json ?? false }, world);
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

async function replay(reads: MonitorReads, options: ReplayOptions): Promise<Replayed> {
  const { days, months, signalsMax, windowsMax, seed, signal: interrupted, onProgress } = options;
  const watched = await reads.watched();
  const { monitors, settings } = watched;
  const { WINDOW: window } = settings;
  if (window.kind !== 'time')
    throw new AppError('invalid_input', 'calibrate replays windows of time: set WINDOW to 5m or 1h, say');
  const { streams, budget } = monitorPlan(watched);
  const lastMs = Math.max(0, ...streams.map(({ until }) => until.getTime()));
  const { chosen, left } = choose(streams, budget, signalsMax);
  const step = createStep({
    window,
    baselineRows: settings.BASELINE_ROWS,
    baselineFor: async () => null,
    monitors: () => monitors,
    monitorBaseline: async () => async () => null,
    // A mix begins with nothing too, not with what it was before the day that it is replayed on.
    families: mixFamilies(window, async () => []),
  });
  const random = seededRandom(seed);
  const span = { since: new Date(lastMs - days * DAY_MS), until: new Date(lastMs), windowMs: window.ms };
  const found: Calibrated[] = [];
  const count = chosen.reduce((sum, { signals }) => sum + signals.length, 0);
  let done = 0;
  for (const { key, signals } of chosen) {
    interrupted.throwIfAborted();
    const sessions = await reads.sessions(key, span);
    for (const signal of signals) {
      interrupted.throwIfAborted();
      const past = await reads.history({ key, signal }, span);
      const history = past.map((one) => ({ ...one, sessions: sessions.get(one.sinceMs)?.get(signal) }));
      const one = await calibrateSignal(
        { key, signal, history },
        { windowMs: window.ms, step, budget, monitors, months, windowsMax, random },
      );
      if (one) found.push(one);
      else left.push({ key, signal, reason: 'too_little_history' });
      onProgress(++done, count);
    }
  }
  const monitorName = (signal: string) => monitorOf(monitors, { signal, family: familyOf(signal) })?.name;
  return { found, left: left.map((one) => ({ ...one, monitor: monitorName(one.signal) ?? null })) };
}

type Left = Pick<LeftOut, 'key' | 'signal' | 'reason'>;

/** What is replayed, stream by stream: of all signals with a part of the budget those with the largest that the rollups have. */
function choose(streams: readonly JudgedStream[], budget: Budget, signalsMax: number) {
  const all = streams
    .flatMap(({ key, signals }) =>
      signals.map((signal) => ({ key, signal, weight: budget.weightOf(key, signal) })),
    )
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  const known = all.filter(({ signal }) => isInRollups(signal));
  const left: Left[] = [
    ...all
      .filter(({ signal }) => !isInRollups(signal))
      .map(({ key, signal }): Left => ({ key, signal, reason: 'not_in_rollups' })),
    ...known.slice(signalsMax).map(({ key, signal }): Left => ({ key, signal, reason: 'beyond_signals' })),
  ];
  const byStream = groupBy(known.slice(0, signalsMax), ({ key }) => streamName(key));
  const chosen = [...byStream.values()].flatMap((ofStream) => {
    const [first] = ofStream;
    return first ? [{ key: first.key, signals: ofStream.map(({ signal }) => signal) }] : [];
  });
  return { chosen, left };
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new AppError('invalid_input', `--${name} ${text}: expected a whole number above 0`);
}

function report(
  replayed: Replayed,
  { isJson, ...at }: CalibrationShown & { readonly isJson: boolean },
  world: World,
): void {
  const { json, lines, notes } = reportOf(replayed, { ...at, terminal: world.out });
  if (isJson) {
    world.print(`${JSON.stringify(json)}\n`);
    return;
  }
  if (lines.length > 0) world.print(`${lines.join('\n')}\n`);
  for (const note of notes) world.tell(`${note}\n`);
}
