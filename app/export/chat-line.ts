import type { Inference, Message } from '../../core/inference.ts';

/** A line of fine-tuning data in chat form. */
export interface ChatLine {
  readonly messages: readonly Message[];
}

/** The line of an inference, or why there is none. */
export function chatLineOf(
  record: Inference,
): ChatLine | { readonly leftOut: 'error' | 'no_prompt' | 'no_answer' } {
  if (record.status === 'error') return { leftOut: 'error' };
  const asked: readonly Message[] =
    record.messages ?? (record.prompt === undefined ? [] : [{ role: 'user', content: record.prompt }]);
  if (!asked.some(({ role }) => role === 'user' || role === 'human')) return { leftOut: 'no_prompt' };
  const calls = record.tool_calls ?? [];
  const response = record.response ?? '';
  if (response.trim() === '' && calls.length === 0) return { leftOut: 'no_answer' };
  const hasSystem = asked.some(({ role }) => role === 'system' || role === 'developer');
  const system =
    record.system !== undefined && !hasSystem ? [{ role: 'system', content: record.system }] : [];
  const answer: Message = {
    role: 'assistant',
    // With tool calls alone there is no content, as the vendors have it.
    content: response === '' ? null : response,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return { messages: [...system, ...asked.map(withRole), answer] };
}

const withRole = (message: Message): Message =>
  message.role === 'human' ? { ...message, role: 'user' } : message;

/** All texts of a line, for telling whether two are the same. */
export function textOfLine({ messages }: ChatLine): string {
  return messages
    .map(({ role, content, ...rest }) => {
      const text = typeof content === 'string' ? content : JSON.stringify(content ?? '');
      const calls = rest['tool_calls'];
      return `${role}: ${text}${calls === undefined ? '' : JSON.stringify(calls)}`;
    })
    .join('\n');
}
