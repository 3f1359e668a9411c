import { stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { GateAnswer } from '../gate/answer.ts';
import type { CanaryAnswer } from '../gate/canary-answer.ts';
import { canaryMarkdown } from '../gate/canary-markdown.ts';
import { gateMarkdown } from '../gate/markdown.ts';
import { tellWebhook } from '../gate/webhook.ts';
import type { World } from './command.ts';

type Answer = GateAnswer | CanaryAnswer;

interface Outlets {
  readonly report?: string;
  readonly webhook?: string;
  readonly baseline: string;
  readonly candidate: string;
}

/**
 * Where an answer goes beside the terminal, checked before hours are spent on it. What is given back sends it there: that this
 * fails is said, and changes no verdict.
 *
 * @throws AppError `invalid_input` that names what could never be told
 */
export async function openOutlets(
  outlets: Outlets,
  world: World,
): Promise<(answer: Answer) => Promise<void>> {
  const { report, webhook } = outlets;
  if (report !== undefined) await checkReport(report);
  const secret = webhook === undefined ? undefined : world.config().GATE_WEBHOOK_SECRET;
  if (webhook !== undefined && !secret)
    throw new AppError('invalid_input', 'GATE_WEBHOOK_SECRET: expected a secret, since --webhook is given');
  return async (answer) => {
    if (report !== undefined)
      await attempt(world, () =>
        writeReport(
          report,
          'state' in answer ? canaryMarkdown(answer, outlets) : gateMarkdown(answer, outlets),
        ),
      );
    if (webhook !== undefined && secret)
      await attempt(world, () => tellWebhook(webhook, { secret, body: answer, signal: world.interrupted }));
  };
}

async function checkReport(file: string): Promise<void> {
  const kindOf = async (path: string) => (await stat(path).catch(() => null))?.isDirectory();
  const folder = dirname(file);
  if (!(await kindOf(folder))) throw new AppError('invalid_input', `--report: there is no folder ${folder}`);
  if (await kindOf(file)) throw new AppError('invalid_input', `--report: ${file} is a folder`);
}

async function writeReport(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new AppError('upstream_unavailable', `${file}: ${(cause as Error).message}`, { cause });
  }
}

async function attempt(world: World, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AppError) || world.interrupted.aborted) throw error;
    world.tell(`plumbline: ${error.message} (the verdict and the exit code stand)\n`);
  }
}
