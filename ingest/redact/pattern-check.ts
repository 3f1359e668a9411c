import { createRequire } from 'node:module';

/** Beyond this a pattern counts as one that runs away. */
const CHECK_MS_MAX = 10_000;

/**
 * Why a pattern cannot be used: it is no regular expression, it matches without a character, or some text makes it take
 * more time than in proportion to its length. Null when it can. Takes up to ten seconds.
 *
 * @returns `offset`: the character of the source at fault, counted from 0, where one is known
 */
export function patternFault(source: string, flags: string): { message: string; offset?: number } | null {
  try {
    if (new RegExp(source, flags).test(''))
      return { message: 'expected a pattern that does not match nothing' };
  } catch (error) {
    return { message: error instanceof Error ? error.message : 'expected a regular expression' };
  }
  return runawayFault(source, flags);
}

/**
 * Why a regular expression takes more time than in proportion to the length of some text; null when it does not. Takes up to
 * ten seconds. @param source of an expression that can be read
 */
export function runawayFault(source: string, flags: string): { message: string; offset?: number } | null {
  const found = loadCheck()(source, flags, { timeout: CHECK_MS_MAX });
  if (found.status === 'safe') return null;
  const mend = 'bound what repeats, as in \\d{1,20}, and begin with what is always there, as \\b';
  if (found.status === 'unknown')
    return { message: `expected a pattern whose time is known, and it was not found out: ${mend}` };
  const start = found.hotspot.find(({ temperature }) => temperature === 'heat')?.start;
  return {
    message: `expected a pattern that takes time in proportion to the text, and some text makes it ${found.complexity.type}: ${mend}`,
    ...(start === undefined ? {} : { offset: start }),
  };
}

/** The check in this thread, in JavaScript alone: the package's main file would start other programs. */
function loadCheck(): typeof import('recheck').checkSync {
  const require = createRequire(import.meta.url);
  return (require('recheck/lib/browser.js') as typeof import('recheck')).checkSync;
}
