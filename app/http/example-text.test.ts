import { expect, it } from 'vitest';
import { exampleText } from './example-text.ts';

const row = { prompt: '', messages: '', response: '', toolCalls: '' };
const messages = (content: unknown) =>
  JSON.stringify([
    { role: 'user', content: 'first' },
    { role: 'user', content },
    { role: 'assistant', content: 'a' },
  ]);

it.each([
  ['the prompt', { prompt: 'p', messages: messages('m') }, 'p'],
  ['what the user said last', { messages: messages('m') }, 'm'],
  [
    'the texts of its parts',
    { messages: messages([{ type: 'text', text: 'one' }, { type: 'image' }]) },
    'one\n',
  ],
  ['messages that were cut, as they are', { messages: '[{"role":"us' }, '[{"role":"us'],
  ['nothing', {}, ''],
])('shows %s', (_, change, prompt) => {
  expect(exampleText({ ...row, ...change }).prompt).toBe(prompt);
});

it('shows the tool calls of an answer without text', () => {
  expect(exampleText({ ...row, toolCalls: '[{"name":"f"}]' }).response).toBe('[{"name":"f"}]');
  expect(exampleText({ ...row, toolCalls: '[]' }).response).toBe('');
  expect(exampleText({ ...row, toolCalls: '[{"name":"f"}]', response: 'r' }).response).toBe('r');
});
