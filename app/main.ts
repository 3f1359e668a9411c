#!/usr/bin/env node
import { CommanderError } from 'commander';
import { parseConfig } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import { EXIT, type World } from './cli/command.ts';
import { createProgram } from './cli/program.ts';
import { terminalOf } from './cli/render/terminal.ts';

/** Told to end and done with everything, the process waits this long for what is left of its output. */
const LINGER_MS = 1_000;

const interruption = new AbortController();
process.exitCode = await main();
// A consumer of kafkajs that ends while it reconnects leaves a connection behind, which alone would keep us for ever.
if (interruption.signal.aborted) setTimeout(() => process.exit(), LINGER_MS).unref();

async function main(): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second one is an order, not a wish.
      if (interruption.signal.aborted) process.exit(EXIT.interrupted);
      interruption.abort();
    });
  }
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed),
  );

  const world: World = {
    config: (overrides = {}) => parseConfig({ ...process.env, ...overrides }),
    env: process.env,
    print: (text) => void process.stdout.write(text),
    tell: (text) => void process.stderr.write(text),
    out: terminalOf(process.stdout, process.env),
    err: terminalOf(process.stderr, process.env),
    stderr: process.stderr,
    // Taken up only when asked for: the embedded engine must find it closed.
    get stdin() {
      return process.stdin;
    },
    interrupted: interruption.signal,
  };
  try {
    await createProgram(world).parseAsync(process.argv);
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    return exitCodeOf(error, world, interruption.signal);
  }
}

function exitCodeOf(error: unknown, world: World, interrupted: AbortSignal): number {
  // Commander has written its own message, and ends with 0 after help and version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (interrupted.aborted) return EXIT.interrupted;
  if (!(error instanceof AppError)) throw error;
  world.tell(`plumbline: ${error.message}\n`);
  return error.code === 'invalid_input' || error.code === 'not_found' ? EXIT.usage : EXIT.failed;
}
