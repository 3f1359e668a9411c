import { closeSync, fstatSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';

/**
 * Puts the null device in place of the process's standard input, unless that is a terminal. The embedded engine looks
 * for data there: it would take what is meant for us, and refuses inserts while it finds any. To be called before the
 * engine is opened and when standard input has been read, or nobody will.
 */
export function closeStandardInput(): void {
  if (isatty(0) || isNullDevice()) return;
  try {
    closeSync(0);
  } catch {
    // Closed already: its number is free, and the next file opened would get it.
  }
  openSync(devNull, 'r');
}

function isNullDevice(): boolean {
  try {
    return fstatSync(0).isCharacterDevice();
  } catch {
    return false;
  }
}
