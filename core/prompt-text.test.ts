import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promptText } from './prompt-text.ts';

describe('promptText', () => {
  it('takes `prompt` as it is, the empty one too', () => {
    expect(promptText({ prompt: 'Is 7 prime?' })).toBe('Is 7 prime?');
    expect(promptText({ prompt: '' })).toBe('');
  });

  it('takes the last user turn, not the first and not the answer before it', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'answer' },
      { role: 'user', content: 'second' },
      { role: 'user', content: 'third' },
    ];
    expect(promptText({ messages })).toBe('second\nthird');
  });

  it('looks past tool results and answers that follow the question', () => {
    const messages = [
      { role: 'user', content: 'question' },
      { role: 'assistant', content: null },
      { role: 'tool', content: '{"rows":3}' },
    ];
    expect(promptText({ messages })).toBe('question');
  });

  it('joins the text parts and leaves out images', () => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
      { type: 'input_text', text: 'Be exact.' },
    ];
    expect(promptText({ messages: [{ role: 'user', content }] })).toBe('What is this?\nBe exact.');
  });

  it('reads the parts of Gemini and of OpenTelemetry', () => {
    expect(promptText({ messages: [{ role: 'user', content: [{ text: 'a' }] }] })).toBe('a');
    expect(promptText({ messages: [{ role: 'user', content: [{ type: 'text', content: 'b' }] }] })).toBe('b');
  });

  it('says undefined, not "", when no text was sent', () => {
    expect(promptText({})).toBeUndefined();
    expect(promptText({ messages: [] })).toBeUndefined();
    expect(promptText({ messages: [{ role: 'user', content: [{ type: 'image' }] }] })).toBeUndefined();
    expect(promptText({ messages: [{ role: 'system', content: 'Be brief.' }] })).toBeUndefined();
  });

  it('never throws on content of any shape', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ role: fc.constantFrom('user', 'tool'), content: fc.anything() })),
        (m) => {
          const text = promptText({ messages: m });
          expect(['string', 'undefined']).toContain(typeof text);
        },
      ),
    );
  });
});
