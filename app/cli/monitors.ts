import type { Command } from 'commander';
import { windowsToSee } from '../../analyzers/power.ts';
import { joinState } from '../../analyzers/state-parts.ts';
import type { StreamEntry } from '../../analyzers/stream-book.ts';
import { baselinesOf, type StreamState } from '../../analyzers/stream-state.ts';
import { AppError } from '../../core/errors.ts';
import { plural } from '../../core/format.ts';
import { type Monitor, monitorOf } from '../../core/monitor.ts';
import { familyOf } from '../../core/signals.ts';
import type { JudgedStream } from '../../core/stream-store.ts';
import { suggestion } from '../../core/yaml-settings.ts';
import { STREAM_PART } from '../analysis.ts';
import { type MonitorPlan, monitorPlan } from '../monitor-plan.ts';
import type { MonitorReads } from '../monitor-reads.ts';
import { withMonitorReads } from '../open-monitor-reads.ts';
import { readMonitors } from '../open-monitors.ts';
import { EXIT, type World } from './command.ts';
import { type Explained, renderExplained, renderMonitors } from './render/monitors.ts';

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
      'Says of a monitor, or of one signal, in each of the largest streams: its part of the budget, and after how many windows and rows it sees a change, in the middling case. The real detector is run on windows that hold just what is expected, with its real threshold and the baseline in force.',
    )
    .argument('[name]', 'a monitor or a signal; otherwise all monitors')
    .option(
      '--change <size>',
      'of a rate a difference of shares (0.01: one in a hundred more), of a number a relative change (0.3: 30 % more)',
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
      const explained = await withPlan(world, (at) => explain(at, { name: name ?? null, change: size }));
      if (json) world.print(`${JSON.stringify({ explained })}\n`);
      else if (explained.length === 0) world.tell('No stream has such a signal yet.\n');
      else world.print(`${renderExplained(explained, world.out).join('\n')}\n`);
    });
}

interface Planned {
  readonly reads: MonitorReads;
  readonly plan: MonitorPlan;
  readonly monitors: readonly Monitor[];
  readonly windowMs: number | null;
  readonly rowsPerWindow: number | null;
}

function withPlan<T>(world: World, use: (at: Planned) => Promise<T>): Promise<T> {
  return withMonitorReads(world.config(), async (reads) => {
    const watched = await reads.watched();
    const { WINDOW: window } = watched.settings;
    return use({
      reads,
      plan: monitorPlan(watched),
      monitors: watched.monitors,
      windowMs: window.kind === 'time' ? window.ms : null,
      rowsPerWindow: window.kind === 'rows' ? window.rows : null,
    });
  });
}

/** Streams that are explained: wholes first, then by inferences. */
const STREAMS_MAX = 10;
/** What people ask for, where they do not say. */
const CHANGE_OF_RATE = 0.02;
const CHANGE_OF_NUMBER = 0.3;
/** What comes in a window is the mean of the last day. */
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

async function explain(
  at: Planned,
  { name, change }: { name: string | null; change: number | null },
): Promise<Explained[]> {
  const { reads, plan, monitors } = at;
  const isAsked = isAskedFor(name, plan, monitors);
  const largest = [...plan.streams]
    .sort((a, b) => Number(a.key.segment !== '') - Number(b.key.segment !== '') || b.rows - a.rows)
    .slice(0, STREAMS_MAX);
  const lastDay = lastDayOf(plan);
  const explained: Explained[] = [];
  for (const stream of largest) {
    const { parts, rows } = await reads.stream(stream.key, lastDay);
    const entry = joinState(parts) as StreamEntry | null;
    for (const signal of stream.signals.filter(isAsked))
      explained.push(explainSignal(at, { stream, signal, change, entry, rowsPerDay: rows }));
  }
  return explained;
}

/** The last day that was judged, in whole minutes. */
function lastDayOf({ streams }: MonitorPlan): { since: Date; until: Date } {
  const lastMs = Math.max(0, ...streams.map(({ until }) => until.getTime()));
  const untilMs = lastMs - (lastMs % MINUTE_MS);
  return { since: new Date(Math.max(0, untilMs - DAY_MS)), until: new Date(untilMs) };
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

function explainSignal(
  { plan, windowMs, rowsPerWindow }: Planned,
  at: {
    stream: JudgedStream;
    signal: string;
    change: number | null;
    entry: StreamEntry | null;
    rowsPerDay: number;
  },
): Explained {
  const { stream, signal, entry } = at;
  const level = plan.budget.levelOf(stream.key, signal);
  const rows = rowsPerWindow ?? Math.max(1, Math.round((at.rowsPerDay * (windowMs ?? 0)) / DAY_MS));
  const baseline = baselineOf(entry, signal);
  const isRate = baseline?.bins.every(([bin]) => bin === 0 || bin === 5_000) ?? false;
  const change = at.change ?? (isRate ? CHANGE_OF_RATE : CHANGE_OF_NUMBER);
  const seen =
    baseline === null || level === 0
      ? null
      : windowsToSee({ signal, baseline, change, rowsPerWindow: rows, level });
  return {
    stream: stream.key,
    signal,
    share: plan.budget.weightOf(stream.key, signal),
    rowsPerWindow: rows,
    change,
    isRate,
    hasBaseline: baseline !== null,
    windows: seen?.windows ?? null,
    rows: seen?.rows ?? null,
    rowsOfOneLook: seen?.rowsOfOneLook ?? null,
    spanMs: seen && windowMs !== null ? seen.windows * windowMs : null,
  };
}

function baselineOf(entry: StreamEntry | null, signal: string) {
  for (const [part, state] of Object.entries(entry?.state ?? {})) {
    if (part !== STREAM_PART && !part.startsWith(`${STREAM_PART}:`)) continue;
    const baseline = baselinesOf(state as StreamState)?.get(signal);
    if (baseline) return baseline;
  }
  return null;
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
