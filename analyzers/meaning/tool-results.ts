import type { Message } from '../../core/inference.ts';

/** Of one conversation, the newest. */
const RESULTS_MAX = 32;

/**
 * What tools answered to the model's last calls: the texts of tool messages behind the last turn of the user, at most 32.
 * Earlier ones were read when their own call was.
 *
 * @param messages stored JSON, or empty
 */
export function toolResultsOf(messages: string): readonly string[] {
  if (messages === '') return [];
  const turns = JSON.parse(messages) as Message[];
  const lastUser = turns.findLastIndex(({ role }) => role === 'user' || role === 'human');
  return turns
    .slice(lastUser + 1)
    .filter(({ role }) => role === 'tool' || role === 'function')
    .slice(-RESULTS_MAX)
    .flatMap(({ content }) => {
      if (content === undefined || content === null || content === '') return [];
      return typeof content === 'string' ? content : JSON.stringify(content);
    });
}
