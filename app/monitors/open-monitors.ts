import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { defaultMonitors, parseMonitorsFile } from '../../analyzers/monitors-file.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { MonitorSettings } from '../../core/monitor.ts';

/** What is in force without a file. */
const defaults = (): MonitorSettings => ({ monitors: defaultMonitors(), streamPriorities: [] });

/** The monitors in force. */
export interface OpenMonitors {
  /** Another list of monitors after each change, and the same one until then. */
  current(): MonitorSettings;
  /** Reads the file again; called before each turn of the analyzer, which has the time for a small file. */
  refresh(): Promise<void>;
  /** What an operator should know: a new file that cannot be used. */
  warnings(): string[];
}

/**
 * The monitors of a file, or the default ones. A file that has faults later on changes nothing, and is told in the log and
 * among the warnings until it is mended.
 *
 * @throws AppError `invalid_input` for a file that is not there or has faults
 */
export function openMonitors(file: string | undefined, log: Logger): OpenMonitors {
  if (file === undefined) return { current: defaults, async refresh() {}, warnings: () => [] };
  let known = readText(file);
  let settings = parseMonitorsFile(known, file);
  let fault: string | null = null;

  async function refresh(path: string): Promise<void> {
    // A file that is being replaced may be away for a moment.
    const text = await readFile(path, 'utf8').catch(() => null);
    if (text === null || text === known) return;
    known = text;
    try {
      settings = parseMonitorsFile(text, path);
      fault = null;
      log.info({ file: path, monitors: settings.monitors.length }, 'monitors read again');
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      fault = error.message;
      log.error({ file: path, fault }, 'monitors cannot be used; the ones before stay in force');
    }
  }
  return {
    current: () => settings,
    refresh: () => refresh(file),
    warnings: () =>
      fault === null ? [] : [`monitors of ${file} are not in force, the ones before are: ${fault}`],
  };
}

/** The monitors of a file, or the default ones. @throws AppError `invalid_input` that tells every fault */
export const readMonitors = (file: string | undefined): MonitorSettings =>
  file === undefined ? defaults() : parseMonitorsFile(readText(file), file);

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_input', `cannot read ${file}: does it exist, and may it be read?`, { cause });
  }
}
