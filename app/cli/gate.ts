import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { gate } from '../../analyzers/gate/gate.ts';
import { Duration } from '../../core/config-values.ts';
import { AppError } from '../../core/errors.ts';
import { answerOf, type ExampleText, type GateAnswer } from '../gate/answer.ts';
import type { CanaryAnswer } from '../gate/canary-answer.ts';
import { createFileSide } from '../gate/file-rows.ts';
import { type Gatekeeper, gatekeeperAt, withGatekeeper } from '../gate/open-gate.ts';
import { type GateRequestBody, parseGateRequest, planOf } from '../gate/request.ts';
import { EXIT, type World } from './command.ts';
import { openOutlets } from './gate-outlets.ts';
import { eachMeasured } from './measure-files.ts';
import { renderCanary, renderGateReport } from './render/gate-report.ts';

interface Options {
  readonly baseline: string;
  readonly candidate: string;
  readonly model?: string;
  readonly project?: string;
  readonly since?: string;
  readonly until?: string;
  readonly last?: string;
  readonly pairBy: string;
  readonly maxRegression?: Readonly<Record<string, number | string>>;
  readonly guard?: string;
  readonly familyWise?: number;
  readonly risk?: number;
  readonly minRows?: number;
  readonly failOn?: 'change';
  readonly sequential?: string;
  readonly every: number;
  readonly settle?: string;
  readonly for?: string;
  readonly report?: string;
  readonly json?: boolean;
  readonly webhook?: string;
  readonly url?: string;
}

/** `plumbline gate`: may a candidate take the baseline's place? */
export function addGate(program: Command, world: World): void {
  const command = program
    .command('gate')
    .summary('may a new version go live: better, same, worse, or not enough data')
    .description(
      'Judges a candidate against a baseline: two selections of the store, or two files. "Same" is said only when every guarded signal is shown not to have got worse by its margin. docs/gate.md explains.',
    )
    .requiredOption('--baseline <selection>', 'version=A, or conditions with commas; or a file of records')
    .requiredOption('--candidate <selection>', 'the same for what is to be judged');
  addSelection(command);
  addJudgement(command);
  addOutput(command)
    .addHelpText(
      'after',
      `
Exit codes: 0 better or same · 3 worse (or what --fail-on names) · 4 not enough data · 2 wrong usage

Examples:
  plumbline gate --baseline version=1.4 --candidate version=1.5 --model m --last 24h
  plumbline gate --baseline old.jsonl --candidate new.jsonl --max-regression refusal=0.01,latency_ms=15% --report gate.md
  plumbline gate --baseline model=llama-3-8b --candidate model=llama-3-8b-q4 --json
  plumbline gate --baseline version=1.4 --candidate version=1.5 --sequential rollout-17 --every 1m`,
    )
    .action((options: Options) => run(options, world));
}

function addSelection(command: Command): void {
  command
    .option('--model <name>', 'of this model on both sides')
    .option('--project <name>', 'of this project')
    .option('--since <instant>', 'from then on, RFC 3339')
    .option('--until <instant>', 'before then')
    .option('--last <duration>', 'of the last 24h, 7d …')
    .option('--pair-by <what>', 'prompt, none, prompt_name, attribute.NAME …', 'prompt')
    .option('--url <address>', 'ask the server there; its key is PLUMBLINE_API_KEY', address);
}

function addJudgement(command: Command): void {
  command
    .option(
      '--max-regression <margins>',
      'refusal=0.01,latency_ms=15%: by how much each may get worse',
      margins,
    )
    .option('--guard <signals>', 'guard only these, with commas')
    .option('--family-wise <share>', 'chance of "worse" when nothing differs, over all signals', number)
    .option('--risk <share>', 'chance of passing a candidate that is worse by a margin', number)
    .option('--min-rows <count>', 'on each side, below which a signal is not judged', number)
    .addOption(
      new Option('--fail-on <what>', 'end with 3 also when something merely changed').choices(['change']),
    )
    .option('--sequential <id>', 'look again and again until it is clear; the id names the canary')
    .option('--every <duration>', 'between two looks', duration, 60_000)
    .option('--settle <duration>', 'of each session so much is looked at, from its start (1m)')
    .option('--for <duration>', 'after which it is given up (24h)');
}

function addOutput(command: Command): Command {
  return command
    .option('--report <file>', 'write a report in Markdown')
    .option('--json', 'print the result as JSON')
    .option('--webhook <address>', 'tell it there as well, signed with GATE_WEBHOOK_SECRET', address);
}

async function run(options: Options, world: World): Promise<void> {
  const tell = await openOutlets(options, world);
  const answer = await answerTo(options, world);
  process.exitCode = exitCodeOf(answer, options.failOn);
  if (options.json) world.print(`${JSON.stringify(answer)}\n`);
  else if ('state' in answer) world.print(renderCanary(answer, world.out));
  else world.print(renderGateReport(answer, world.out));
  await tell(answer);
}

async function answerTo(options: Options, world: World): Promise<GateAnswer | CanaryAnswer> {
  const files = [options.baseline, options.candidate].filter(
    (text) => !text.includes('=') || existsSync(text),
  );
  if (files.length === 1)
    throw new AppError(
      'invalid_input',
      `${files[0]}: expected two files, or two selections such as version=A`,
    );
  if (files.length === 2) {
    if (options.sequential)
      throw new AppError('invalid_input', '--sequential: files do not grow; leave it out');
    if (resolve(options.baseline) === resolve(options.candidate))
      throw new AppError('invalid_input', `${options.candidate}: expected two files, not one against itself`);
    return compareFiles(options, world);
  }
  const body = bodyOf(options);
  parseGateRequest(body, optionName);
  const ask = (gatekeeper: Gatekeeper) =>
    options.sequential ? watch(gatekeeper, body, { options, world }) : gatekeeper.compare('', body);
  return options.url
    ? ask(gatekeeperAt(options.url, world.env['PLUMBLINE_API_KEY']))
    : withGatekeeper(world.config(), ask);
}

/** Looks until it is decided, or the person has seen enough. */
async function watch(
  gatekeeper: Gatekeeper,
  body: GateRequestBody,
  { options, world }: { options: Options; world: World },
): Promise<CanaryAnswer> {
  for (;;) {
    const answer = (await gatekeeper.compare('', body)) as CanaryAnswer;
    if (answer.state !== 'continue') return answer;
    if (!options.json) world.tell(renderCanary(answer, world.err));
    await sleep(options.every, undefined, { signal: world.interrupted });
  }
}

function bodyOf(options: Options): GateRequestBody {
  const { model, project, since, until, last, settle, for: duration } = options;
  const given = { model, project, since, until, last };
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    baseline: selection(options.baseline),
    candidate: selection(options.candidate),
    pair_by: options.pairBy,
    ...(options.maxRegression ? { max_regression: options.maxRegression } : {}),
    ...(options.guard === undefined ? {} : { guard: options.guard.split(',') }),
    ...(options.familyWise === undefined ? {} : { family_wise: options.familyWise }),
    ...(options.risk === undefined ? {} : { risk_of_passing: options.risk }),
    ...(options.minRows === undefined ? {} : { min_rows: options.minRows }),
    ...(options.sequential
      ? {
          sequential: {
            id: options.sequential,
            ...(settle ? { settle } : {}),
            ...(duration ? { for: duration } : {}),
          },
        }
      : {}),
  };
}

/** Conditions as they are written: `version=A,attribute.region=eu`. @throws AppError `invalid_input` */
export function selection(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [name = '', ...rest] = part.split('=');
      if (rest.length === 0)
        throw new AppError('invalid_input', `${text}: expected conditions such as version=A, with commas`);
      return [name.trim(), rest.join('=')];
    }),
  );
}

const OPTION_NAMES: Readonly<Record<string, string>> = { risk_of_passing: '--risk', id: '--sequential' };

/** What the command line calls a field of the request: `sequential.settle` is `--settle`. */
function optionName([first = '', second = '']: readonly string[]): string {
  const field = first === 'sequential' ? second : first;
  return OPTION_NAMES[field] ?? `--${field.replaceAll('_', '-')}`;
}

async function compareFiles(options: Options, world: World): Promise<GateAnswer> {
  const sides = { baseline: 'version=', candidate: 'version=' };
  const request = parseGateRequest(bodyOf({ ...options, ...sides }), optionName);
  const plan = planOf(request, { project: '', now: new Date() });
  const texts = new Map<string, ExampleText>();
  const config = world.config({ EMBEDDINGS: 'off' });
  const built = [];
  for (const file of [options.baseline, options.candidate]) {
    const builder = createFileSide(plan.pairBy, texts);
    await eachMeasured([file], { config, world }, builder.add);
    built.push(builder.side());
  }
  const [baseline, candidate] = built;
  if (!baseline || !candidate) throw new AppError('invalid_input', 'expected two files');
  const result = await gate(baseline, candidate, plan.options);
  return answerOf(result, plan.options, (id) => texts.get(id) ?? { prompt: '', response: '' });
}

function exitCodeOf(answer: GateAnswer | CanaryAnswer, failOn: Options['failOn']): number {
  if ('state' in answer)
    return {
      promote: EXIT.ok,
      roll_back: EXIT.found,
      continue: EXIT.notEnough,
      not_enough_data: EXIT.notEnough,
    }[answer.state];
  if (answer.verdict === 'worse') return EXIT.found;
  if (failOn === 'change' && answer.changes.length > 0) return EXIT.found;
  return answer.verdict === 'not_enough_data' ? EXIT.notEnough : EXIT.ok;
}

function margins(text: string): Record<string, number | string> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [, name = '', value = ''] = /^(.+)=(\d+(?:\.\d+)?%?)$/.exec(part.trim()) ?? [];
      if (name === '') throw new InvalidArgumentError('expected margins such as refusal=0.01,latency_ms=15%');
      return [name, value.endsWith('%') ? value : Number(value)];
    }),
  );
}

function address(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('expected an address, such as https://example.com/hook');
}

function number(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError('expected a number');
}

function duration(text: string): number {
  const parsed = Duration.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('expected a duration, such as 1m');
}
