import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../../core/package-root.ts';
import { addCalibrate } from './calibrate.ts';
import type { World } from './command.ts';
import { addCompare } from './compare.ts';
import { addCost } from './cost.ts';
import { addDashboards } from './dashboards.ts';
import { addDemo } from './demo.ts';
import { addDlq } from './dlq.ts';
import { addDoctor } from './doctor.ts';
import { addExport } from './export.ts';
import { addFairness } from './fairness.ts';
import { addGate } from './gate.ts';
import { addImport } from './import.ts';
import { addIncidents } from './incidents.ts';
import { addKeys } from './keys.ts';
import { addMigrate } from './migrate.ts';
import { addMonitors } from './monitors.ts';
import { addReplay } from './replay.ts';
import { addRules } from './rules.ts';
import { addServe } from './serve.ts';
import { addSilences } from './silences.ts';

/** The command line, one file per command. */
export function createProgram(world: World): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command('plumbline')
    .description(
      'Watches large language models in production: says within minutes when one has drifted, and why.',
    )
    .version(version)
    .configureOutput({ writeOut: world.print, writeErr: world.tell })
    .exitOverride()
    .showHelpAfterError('(plumbline --help shows what there is)')
    .addHelpText(
      'after',
      `
Examples:
  plumbline demo                                   see it at work on real inferences
  plumbline serve                                  take inferences at http://127.0.0.1:7007
  plumbline replay --baseline may.jsonl june.jsonl what would have been found
  plumbline compare old.jsonl new.jsonl --json     are the two the same?
  plumbline keys create --scope write              a key, so that others may connect

Exit codes: 0 done · 1 failed · 2 wrong usage or input · 3 found something (with --exit-code, and gate) · 4 not enough data (gate) · 130 interrupted
Settings come from the environment: plumbline doctor lists and checks them.`,
    );
  const all = [
    addServe,
    addDemo,
    addReplay,
    addCompare,
    addCost,
    addFairness,
    addGate,
    addExport,
    addImport,
    addMigrate,
    addDashboards,
    addMonitors,
    addCalibrate,
    addRules,
    addIncidents,
    addSilences,
    addDlq,
    addKeys,
    addDoctor,
  ];
  for (const add of all) add(program, world);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}
