import type { Inference } from './inference.ts';

/**
 * What the user asked: `prompt`, or the last user turn of `messages` (all user messages after the last answer of
 * the model, joined by line feeds; parts with text are joined the same way). Undefined when no text was sent.
 */
export function promptText(inference: Pick<Inference, 'prompt' | 'messages'>): string | undefined {
  if (inference.prompt !== undefined) return inference.prompt;
  const messages = inference.messages ?? [];
  const texts: string[] = [];
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    const isUser = message?.role === 'user' || message?.role === 'human';
    if (!isUser && texts.length > 0) break;
    const text = isUser ? contentText(message.content) : undefined;
    if (text !== undefined) texts.push(text);
  }
  return texts.length > 0 ? texts.reverse().join('\n') : undefined;
}

/** Text of a message's content: a string, or the text parts of a list; undefined when there is none. */
function contentText(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map(partText).filter((text) => text !== undefined);
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/** A part is a string, `{type: 'text', text}` (OpenAI, Anthropic), `{text}` (Gemini) or `{content}` (OpenTelemetry). */
function partText(part: unknown): string | undefined {
  if (typeof part === 'string') return part;
  if (part === null || typeof part !== 'object') return undefined;
  const { text, content } = part as { text?: unknown; content?: unknown };
  if (typeof text === 'string') return text;
  return typeof content === 'string' ? content : undefined;
}
