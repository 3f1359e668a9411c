import { type Command, InvalidArgumentError, Option } from 'commander';
import { budgetsOf } from '../cost/budget-watch.ts';
import { type CostQuery, type CostReport, costReport } from '../cost/cost-report.ts';
import { askServer } from '../keys/admin-client.ts';
import { runningServer } from '../keys/open-key-admin.ts';
import { openMigratedStore } from '../store.ts';
import { EXIT, type World } from './command.ts';
import { renderCost } from './render/cost.ts';

interface Options {
  readonly project?: string;
  readonly days: number;
  readonly by: CostQuery['by'];
  readonly cheaper: boolean;
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

/** `plumbline cost`: what is spent, how long the budgets last, how much room the servers have. */
export function addCost(program: Command, world: World): void {
  program
    .command('cost')
    .summary('spend, budgets with forecast, capacity, and cheaper models')
    .description(
      'Tells what was spent on which model, version or segment and what an answer costs; how each budget of BUDGETS_FILE will end, with an interval; how much each model’s servers can still take; and where a cheaper model would have served. Times are UTC.',
    )
    .option('--project <project>', 'only this one')
    .option('--days <days>', 'of spend, 90 at most', whole, 30)
    .addOption(
      new Option('--by <what>', 'what spend is told by').choices(['stream', 'segment']).default('stream'),
    )
    .option('--no-cheaper', 'compare no models: that takes seconds and more')
    .option('--json', 'print it as JSON')
    .option('--exit-code', `exit with ${EXIT.found} if a budget is spent or will not last`)
    .addHelpText(
      'after',
      `
Examples:
  plumbline cost
  plumbline cost --days 7 --by segment --no-cheaper
  BUDGETS_FILE=budgets.yaml plumbline cost --json --exit-code`,
    )
    .action(async (options: Options) => {
      const { project = '', days, by, cheaper: hasCheaper } = options;
      const report = await read(world, { project, days, by, hasCheaper });
      if (options.json) world.print(`${JSON.stringify(report)}\n`);
      else world.print(`${renderCost(report, world.out).join('\n')}\n`);
      const isOver = report.budgets.some(({ outcome }) => outcome === 'alarm');
      if (options.exitCode && isOver) process.exitCode = EXIT.found;
    });
}

function whole(text: string): number {
  if (!/^[1-9]\d?$/.test(text) || Number(text) > 90)
    throw new InvalidArgumentError('expected days from 1 to 90');
  return Number(text);
}

/** By way of the server that has the folder open, if there is one, else from the store itself. */
async function read(world: World, query: Omit<CostQuery, 'now'>): Promise<CostReport> {
  const config = world.config();
  const server = await runningServer(config);
  const asked = new URLSearchParams({
    project: query.project,
    days: String(query.days),
    by: query.by,
    cheaper: query.hasCheaper ? 'yes' : 'no',
  });
  if (server !== null) return (await askServer(server, 'GET', `/cost?${asked}`)) as CostReport;
  const { store } = await openMigratedStore(config);
  try {
    return await costReport(store, budgetsOf(config), { ...query, now: new Date() });
  } finally {
    await store.close();
  }
}
