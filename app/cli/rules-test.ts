import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import type { PlannedReceiver } from '../../alerts/plan.ts';
import { createReceiver } from '../../alerts/receivers/receiver.ts';
import type { RuleSet } from '../../alerts/rules/rule-set.ts';
import { runTimeline, type TimelineResult } from '../../alerts/rules/run-timeline.ts';
import { parseTimelines } from '../../alerts/rules/timeline.ts';
import { AppError } from '../../core/errors.ts';
import { plural } from '../../core/format.ts';
import { NOTIFICATION_KINDS } from '../../core/notification.ts';
import { readRules } from '../alerting/open-rules.ts';
import { EXIT, type World } from './command.ts';
import { renderTimeline } from './render/timeline.ts';

export interface TestedTimeline {
  readonly file: string;
  readonly name: string;
  readonly ok: boolean;
  readonly steps: readonly TimelineResult[];
}

/** `plumbline rules test`: what the rules would do, on a timeline. */
export function addTest(rules: Command, world: World): void {
  rules
    .command('test')
    .summary('play timelines against the rules')
    .description(
      'Plays timelines (what is seen when) through the same state machine that the alerter runs, and compares state, reason and what is sent with what they expect. Nothing is sent. Exit code 1 if something differs.',
    )
    .argument('<file...>', 'files of timelines (YAML)')
    .option('--json', 'print every step as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  plumbline rules test timeline.yaml\n  plumbline rules test timelines/*.yaml --json',
    )
    .action((files: string[], { json }: { json?: boolean }) => {
      const tested = files.flatMap((file) => testFile(file, world));
      if (json) world.print(`${JSON.stringify({ timelines: tested })}\n`);
      else {
        for (const one of tested) world.print(`${renderTimeline(one, world.out).join('\n')}\n`);
        const failed = tested.filter(({ ok }) => !ok).length;
        const words = failed === 0 ? 'all as expected' : `${failed} not as expected`;
        world.print(`${plural(tested.length, 'timeline')}, ${words}.\n`);
      }
      if (tested.some(({ ok }) => !ok)) process.exitCode = EXIT.failed;
    });
}

function testFile(file: string, world: World): TestedTimeline[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_input', `cannot read ${file}: does it exist, and may it be read?`, { cause });
  }
  const { rules: name, timelines } = parseTimelines(text, file);
  const path = name === null ? undefined : relative('.', resolve(dirname(file), name));
  const ruleSet = readRules(path, world.env);
  const receivers = receiversOf(ruleSet);
  return timelines.map((timeline) => {
    const steps = runTimeline(timeline, ruleSet, receivers);
    return { file, name: timeline.name, ok: steps.every(({ misses }) => misses.length === 0), steps };
  });
}

/** Who would be told; where there is nobody, one who has a use for everything. */
function receiversOf({ receivers }: RuleSet): PlannedReceiver[] {
  if (receivers.length > 0) return receivers.map((settings) => createReceiver(settings));
  return [
    {
      name: 'somebody',
      kinds: new Set(NOTIFICATION_KINDS),
    },
  ];
}
