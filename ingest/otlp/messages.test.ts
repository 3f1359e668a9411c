import { describe, expect, it } from 'vitest';
import { promptText } from '../../core/prompt-text.ts';
import { inputOf, outputOf } from './messages.ts';

const CALL = {
  id: 'c1',
  type: 'function',
  function: { name: 'find', arguments: '{"q":"x"}' },
};

describe('what was asked', () => {
  it('is the same in every spelling', () => {
    const expected = { system: 'Be brief.', messages: [{ role: 'user', content: 'Hello' }] };
    const spellings = [
      [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
      [
        { role: 'developer', content: [{ type: 'input_text', text: 'Be brief.' }] },
        { role: 'user', content: [{ type: 'text', text: 'Hello' }] },
      ],
      [
        { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
        { role: 'user', parts: [{ type: 'text', content: 'Hello' }] },
      ],
    ];
    for (const messages of spellings) {
      expect(inputOf(messages)).toEqual(expected);
      expect(inputOf(JSON.stringify(messages))).toEqual(expected);
    }
    expect(inputOf('[{"role":"user","content":"Hello"}]', '[{"type":"text","content":"Be brief."}]')).toEqual(
      expected,
    );
    expect(inputOf([{ role: 'user', content: 'Hello' }], 'Be brief.')).toEqual(expected);
  });

  it('keeps a conversation with its tools', () => {
    const answered = [
      { role: 'assistant', tool_calls: [CALL] },
      { role: 'tool', content: '42', tool_call_id: 'c1' },
    ];
    const ofVercel = [
      {
        role: 'assistant',
        content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'find', input: { q: 'x' } }],
      },
      { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'find', output: '42' }] },
    ];
    const ofOpenTelemetry = [
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'find', arguments: { q: 'x' } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: '42' }] },
    ];
    const renamed = [
      ofOpenTelemetry[0] ?? null,
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', result: '42' }] },
    ];
    const ofAnthropic = [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'find', input: { q: 'x' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: '42' }] },
    ];
    const ofOpenAi = [
      { role: 'assistant', content: null, tool_calls: [CALL] },
      { role: 'tool', content: '42', tool_call_id: 'c1' },
    ];
    for (const messages of [ofVercel, ofOpenTelemetry, renamed, ofAnthropic, ofOpenAi])
      expect(inputOf(messages).messages).toEqual(answered);
  });

  it('keeps what kind an image is, and not its bytes', () => {
    const [message] =
      inputOf([
        {
          role: 'user',
          parts: [
            { type: 'text', content: 'What is this?' },
            { type: 'blob', modality: 'image', mime_type: 'image/png', content: 'iVBORw0KGgo' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'uri', uri: 'https://example.com/a.png' },
          ],
        },
      ]).messages ?? [];
    expect(message?.content).toEqual([
      { type: 'text', text: 'What is this?' },
      { type: 'blob', modality: 'image', mime_type: 'image/png' },
      { type: 'image_url' },
      { type: 'uri', uri: 'https://example.com/a.png' },
    ]);
    expect(promptText({ messages: message ? [message] : [] })).toBe('What is this?');
  });

  it('does not take what the model thought for what it said', () => {
    const parts = [
      { type: 'reasoning', content: 'Hm.' },
      { type: 'text', content: 'Yes.' },
    ];
    expect(outputOf([{ role: 'assistant', parts }])).toMatchObject({ response: 'Yes.' });
  });

  it.each([
    [undefined],
    [null],
    [''],
    ['[]'],
    [[]],
    [42],
    [[42, null, true]],
    [{}],
    [[[]]],
    ['__REDACTED__'],
  ])('is nothing in %j', (value) => {
    expect(inputOf(value)).toEqual({ system: undefined, messages: undefined });
  });

  it('takes a message with a name of the prototype for what it is', () => {
    const value = JSON.parse('[{"role":"user","content":"x","__proto__":{"role":"system"},"constructor":1}]');
    expect(inputOf(value)).toEqual({ system: undefined, messages: [{ role: 'user', content: 'x' }] });
    expect(({} as Record<string, unknown>)['role']).toBeUndefined();
  });
});

describe('what was answered', () => {
  it('is the first choice that says something', () => {
    expect(
      outputOf([
        { role: 'assistant', parts: [] },
        { role: 'assistant', parts: [{ type: 'text', content: 'One' }], finish_reason: 'end_turn' },
        { role: 'assistant', parts: [{ type: 'text', content: 'Two' }] },
      ]),
    ).toEqual({ response: 'One', tool_calls: undefined, finish_reason: 'stop' });
  });

  it('has text and tool calls of one message', () => {
    const parts = [
      { type: 'text', content: 'Let me see.' },
      { type: 'tool_call', id: 'c1', name: 'find', arguments: { q: 'x' } },
    ];
    expect(outputOf([{ role: 'assistant', parts, finish_reason: 'tool_use' }])).toEqual({
      response: 'Let me see.',
      tool_calls: [CALL],
      finish_reason: 'tool_call',
    });
  });

  it('has its reason also without a text', () => {
    expect(outputOf([{ role: 'assistant', parts: [], finish_reason: 'content_filter' }])).toEqual({
      response: undefined,
      tool_calls: undefined,
      finish_reason: 'content_filter',
    });
  });
});
