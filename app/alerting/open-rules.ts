import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Environment } from '../../alerts/rules/environment.ts';
import type { RuleSet } from '../../alerts/rules/rule-set.ts';
import { defaultRuleSet, parseRulesFile } from '../../alerts/rules/rules-file.ts';
import type { Config } from '../../core/config.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';

/** The rules in force. */
export interface OpenRules {
  /** Another object after each change, and the same one until then. */
  current(): RuleSet;
  /** What an operator should know: a new file that cannot be used. */
  warnings(): string[];
  /** Begins to look whether the file has changed. */
  start(): void;
  stop(): Promise<void>;
}

/**
 * The rules that the settings name. While it is started, the file is read again each ALERTS_REFRESH; one that has faults
 * changes nothing, and is told in the log and among the warnings until it is mended.
 *
 * @throws AppError `invalid_input` for a file that is not there or has faults
 */
export function openRules(
  { ALERTS_FILE: file, ALERTS_REFRESH: periodMs }: Pick<Config, 'ALERTS_FILE' | 'ALERTS_REFRESH'>,
  { env, log }: { env: Environment; log: Logger },
): OpenRules {
  if (file === undefined) return { current: defaultRuleSet, warnings: () => [], start() {}, async stop() {} };
  const text = readText(file);
  let rules = parseRulesFile(text, { file, env });
  let fault: string | null = null;
  const watch = watchRules(file, {
    known: text,
    env,
    periodMs,
    onChange(changed) {
      rules = changed;
      fault = null;
      log.info({ file, rules: changed.rules.length }, 'alert rules read again');
    },
    onFault(message) {
      fault = message;
      log.error({ file, fault: message }, 'alert rules cannot be used; the ones before stay in force');
    },
  });
  return {
    current: () => rules,
    warnings: () =>
      fault === null ? [] : [`alert rules of ${file} are not in force, the ones before are: ${fault}`],
    start: watch.start,
    stop: watch.stop,
  };
}

/** The rules of a file, or the default ones. @throws AppError `invalid_input` that tells every fault */
export function readRules(file: string | undefined, env: Environment): RuleSet {
  return file === undefined ? defaultRuleSet() : parseRulesFile(readText(file), { file, env });
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

const unreadable = (file: string, cause: unknown): AppError =>
  new AppError('invalid_input', `cannot read ${file}: does it exist, and may it be read?`, { cause });

export interface WatchOptions {
  /** The text that is in force: what differs from it is a change. */
  readonly known: string;
  readonly env: Environment;
  readonly periodMs: number;
  readonly onChange: (rules: RuleSet) => void;
  /** Called once for each text that cannot be used, and for a file that has gone. */
  readonly onFault: (message: string) => void;
}

/**
 * Reads the file again and again, and tells when what it says has changed. It compares texts and asks no file system for
 * events: editors write a new file, and Kubernetes turns a link, and neither is an event of the file that was there.
 */
export function watchRules(file: string, options: WatchOptions): { start(): void; stop(): Promise<void> } {
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let known: string | null = options.known;
  let isStopped = false;

  async function look(): Promise<void> {
    const text = await readFile(file, 'utf8').catch(() => null);
    if (isStopped || text === known) return;
    // A file that is being replaced may be away for a moment.
    if (text === null && !(await isGone())) return;
    known = text;
    tell(text, file, options);
  }

  async function isGone(): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    return readFile(file).then(
      () => false,
      () => !isStopped,
    );
  }

  function next(): void {
    timer = setTimeout(() => {
      running = look().then(() => {
        if (!isStopped) next();
      });
    }, options.periodMs);
  }

  return {
    start() {
      if (timer === null) next();
    },
    async stop() {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      await running;
    },
  };
}

/** What an editor needs between taking a file away and putting the new one there. */
const AWAY_MS = 200;

function tell(text: string | null, file: string, { env, onChange, onFault }: WatchOptions): void {
  let rules: RuleSet;
  try {
    if (text === null) throw unreadable(file, null);
    rules = parseRulesFile(text, { file, env });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    onFault(error.message);
    return;
  }
  onChange(rules);
}
