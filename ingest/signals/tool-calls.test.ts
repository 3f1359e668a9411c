import { describe, expect, it } from 'vitest';
import { toolCallInvalid } from './tool-calls.ts';

const of = (...tool_calls: readonly unknown[]) => toolCallInvalid({ tool_calls });

describe('toolCallInvalid', () => {
  it('is null without calls', () => {
    expect([toolCallInvalid({}), of()]).toEqual([null, null]);
  });

  it.each([
    ['OpenAI', { id: 'c1', type: 'function', function: { name: 'search', arguments: '{"query":"lamp"}' } }],
    ['Anthropic', { type: 'tool_use', name: 'search', input: { query: 'lamp' } }],
    ['Gemini', { functionCall: { name: 'search', args: { query: 'lamp' } } }],
    ['OpenTelemetry', { type: 'tool_call', name: 'search', arguments: { query: 'lamp' } }],
    ['a tool without parameters', { function: { name: 'now', arguments: '' } }],
  ])('accepts %s', (_, call) => {
    expect(of(call)).toBe(0);
  });

  it.each([
    ['arguments cut off', { function: { name: 'search', arguments: '{"query":"la' } }],
    ['arguments that are no object', { function: { name: 'search', arguments: '"lamp"' } }],
    ['a list of arguments', { name: 'search', input: ['lamp'] }],
    ['no name', { function: { arguments: '{}' } }],
    ['an empty name', { name: ' ', input: {} }],
    ['no call at all', 'search("lamp")'],
    ['null', null],
  ])('refuses %s', (_, call) => {
    expect(of({ name: 'fine', input: {} }, call)).toBe(1);
  });

  it('does not parse what is very long', () => {
    expect(of({ name: 'write', arguments: '['.repeat(1 << 19) })).toBe(0);
  });
});
