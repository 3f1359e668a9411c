import type { Command } from 'commander';
import { AppError } from '../../core/errors.ts';
import { plural } from '../../core/format.ts';
import { type Monitor, monitorOf } from '../../core/monitor.ts';
import { familyOf } from '../../core/signals.ts';
import type { WindowSpec } from '../../core/window.ts';
import { suggestion } from '../../core/yaml-settings.ts';
import { explain } from '../monitors/explain.ts';
import type { Explained } from '../monitors/explained.ts';
import { readMonitors } from '../monitors/open-monitors.ts';
import { withMonitorReads } from '../monitors/open-reads.ts';
import { type MonitorPlan, monitorPlan } from '../monitors/plan.ts';
import type { MonitorReads } from '../monitors/reads.ts';
import { EXIT, type World } from './command.ts';
import { renderExplained, renderMonitors } from './render/monitors.ts';
import { startProgress } from './render/progress.ts';

/** `plumbline monitors list|explain|check`: what is watched, and what it can see. */
export function addMonitors(program: Command, world: World): void {
  const monitors = program
    .command('monitors')
    .summary('list, explain and check what is watched')
    .description(
      'Lists, explains and checks the monitors: which signals are watched in which streams, and what part of the false-alarm budget each has. They stand in MONITORS_FILE; without it the default ones are in force.',
    )
    .addHelpText(
      'after',
      `
Examples:
  plumbline monitors list
  plumbline monitors explain refusals --change 0.01
  plumbline monitors check monitors.yaml`,
    );
  addList(monitors, world);
  addExplain(monitors, world);
  addCheck(monitors, world);
}

function addList(monitors: Command, world: World): void {
  monitors
    .command('list')
    .summary('list what is watched')
    .description(
      'Lists the monitors in the order in which they are asked, over how many streams and signals each watches now, its part of the false-alarm budget, and how many false pages a month it may cost; of windows of rows, in how many windows of each stream one.',
    )
    .option('--json', 'print all that is known as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline monitors list\n  MONITORS_FILE=monitors.yaml plumbline monitors list --json',
    )
    .action(async ({ json }: { json?: boolean }) => {
      const { lines, leftOut, streams } = await withPlan(world, async ({ plan }) => plan);
      if (json) {
        world.print(`${JSON.stringify({ monitors: lines, streams: streams.length, left_out: leftOut })}\n`);
        return;
      }
      world.print(`${renderMonitors(lines, world.out).join('\n')}\n`);
      if (streams.length === 0) world.tell('No window was judged yet: shares are known with the first.\n');
      if (leftOut && leftOut.streams > 0)
        world.tell(
          `${plural(leftOut.streams, 'segment')} with ${plural(leftOut.signals, 'signal')} had no room: raise WATCHED_SIGNALS_MAX, or lower SEGMENT_VALUES_MAX.\n`,
        );
      if (leftOut && leftOut.lateRows > 0)
        world.tell(
          `${plural(leftOut.lateRows, 'inference')} came too late to be judged: LATE_INFERENCES_MAX.\n`,
        );
    });
}

interface ExplainOptions {
  readonly change?: string;
  readonly json?: boolean;
}

function addExplain(monitors: Command, world: World): void {
  monitors
    .command('explain')
    .summary('say how many rows a monitor needs to see a change')
    .description(
      'Says of a monitor, or of one signal, in each of the largest streams: its part of the budget, and after how many windows and rows it sees a change, in the middling case. The real detectors are run, with their real thresholds and the baselines in force, on windows drawn as the stream has been: its rows and hours, its sessions, and what windows have in common. Of a mix the change is a part of the inferences in a category never seen; of a disparity, what a group gets more than the rest.',
    )
    .argument('[name]', 'a monitor or a signal; otherwise all monitors')
    .option(
      '--change <size>',
      'of a rate a difference of shares (0.01: one in a hundred more), of a number or of a group against the rest a relative one (0.3: 30 % more), of a mix a part (0.05: five in a hundred)',
    )
    .option('--json', 'print all that is known as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline monitors explain refusals --change 0.01\n  plumbline monitors explain latency_ms --change 0.3 --json',
    )
    .action(async (name: string | undefined, { change, json }: ExplainOptions) => {
      const size = change === undefined ? null : Number(change);
      if (size !== null && !(Number.isFinite(size) && size !== 0 && size > -1))
        throw new AppError('invalid_input', `--change ${change}: expected a number above -1 that is not 0`);
      const explained = await runExplain(world, { name: name ?? null, change: size });
      if (json) world.print(`${JSON.stringify({ explained })}\n`);
      else if (explained.length === 0) world.tell('No stream has such a signal yet.\n');
      else world.print(`${renderExplained(explained, world.out).join('\n')}\n`);
    });
}

/** With a bar on standard error while a person watches: every signal takes up to a second or two. */
async function runExplain(
  world: World,
  { name, change }: { name: string | null; change: number | null },
): Promise<Explained[]> {
  const progress = startProgress({ label: 'explaining', noun: 'signals' }, world.stderr, {
    terminal: world.err,
    nowMs: () => performance.now(),
  });
  try {
    return await withPlan(world, ({ reads, plan, monitors, window }) =>
      explain(reads, {
        ...{ plan, monitors, window, change },
        isAsked: isAskedFor(name, plan, monitors),
        interrupted: world.interrupted,
        onProgress: (count, of) => progress.update({ count, doneShare: count / of }),
      }),
    );
  } finally {
    progress.clear();
  }
}

interface Planned {
  readonly reads: MonitorReads;
  readonly plan: MonitorPlan;
  readonly monitors: readonly Monitor[];
  readonly window: WindowSpec;
}

function withPlan<T>(world: World, use: (at: Planned) => Promise<T>): Promise<T> {
  return withMonitorReads(world.config(), async (reads) => {
    const watched = await reads.watched();
    const { monitors, settings } = watched;
    return use({ reads, plan: monitorPlan(watched), monitors, window: settings.WINDOW });
  });
}

function isAskedFor(
  name: string | null,
  { streams }: MonitorPlan,
  monitors: readonly Monitor[],
): (signal: string) => boolean {
  if (name === null) return () => true;
  const named = monitors.find((monitor) => monitor.name === name);
  if (named) return (signal) => monitorOf(monitors, { signal, family: familyOf(signal) }) === named;
  const signals = new Set(streams.flatMap((stream) => stream.signals));
  if (signals.has(name)) return (signal) => signal === name;
  const known = [...monitors.map((monitor) => monitor.name), ...signals];
  throw new AppError(
    'not_found',
    `no monitor and no signal that is watched is called ${name}${suggestion(name, known)}; plumbline monitors list shows them`,
  );
}

function addCheck(monitors: Command, world: World): void {
  monitors
    .command('check')
    .summary('check a file of monitors')
    .description(
      'Checks a file of monitors, and tells every fault with line and column. Exit code 2 if there is one.',
    )
    .argument('[file]', 'the file; MONITORS_FILE, or the default monitors, otherwise')
    .option('--json', 'print what was found as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline monitors check monitors.yaml\n  plumbline monitors check monitors.yaml --json',
    )
    .action((given: string | undefined, { json }: { json?: boolean }) => {
      const file = given ?? world.config().MONITORS_FILE;
      try {
        const { monitors: found } = readMonitors(file);
        if (json) world.print(`${JSON.stringify({ ok: true, monitors: found.length, faults: [] })}\n`);
        else world.print(`${file ?? 'default monitors'}: ${plural(found.length, 'monitor')}, no fault.\n`);
      } catch (error) {
        if (!json || !(error instanceof AppError)) throw error;
        world.print(`${JSON.stringify({ ok: false, faults: error.message.split('\n').slice(1) })}\n`);
        process.exitCode = EXIT.usage;
      }
    });
}
