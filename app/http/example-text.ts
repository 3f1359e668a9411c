import { z } from 'zod';

const Part = z.object({ text: z.string() });
const StoredMessages = z.array(
  z.object({ role: z.string(), content: z.union([z.string(), z.array(z.unknown())]).optional() }),
);

/** The prompt and the response to show: of messages, what the user said last; of an empty response, its tool calls. */
export function exampleText(row: {
  readonly prompt: string;
  readonly messages: string;
  readonly response: string;
  readonly toolCalls: string;
}): { prompt: string; response: string } {
  const hasToolCalls = row.toolCalls !== '' && row.toolCalls !== '[]';
  return {
    prompt: row.prompt === '' ? lastUserText(row.messages) : row.prompt,
    response: row.response === '' && hasToolCalls ? row.toolCalls : row.response,
  };
}

/** Messages that were cut, or that do not look like messages, are shown as they are stored. */
function lastUserText(messages: string): string {
  try {
    const parsed = StoredMessages.parse(JSON.parse(messages));
    const last = parsed.findLast(({ role }) => role === 'user') ?? parsed.at(-1);
    if (typeof last?.content === 'string') return last.content;
    const texts = (last?.content ?? []).map((part) => Part.safeParse(part).data?.text ?? '');
    return texts.join('\n');
  } catch {
    return messages;
  }
}
