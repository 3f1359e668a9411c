import { describe, expect, it } from 'vitest';
import { checkScore } from '../../core/inference-check.ts';
import { mapped } from '../../test/support/otlp-mapped.ts';
import { logsJson, SPAN_ID, START, type TestLogRecord, TRACE_ID } from '../../test/support/otlp-request.ts';

const logs = (...records: TestLogRecord[]) => mapped(logsJson(records), { signal: 'logs' });
const EVALUATION = {
  eventName: 'gen_ai.evaluation.result',
  attributes: {
    'gen_ai.evaluation.name': 'relevance',
    'gen_ai.evaluation.score.value': 0.75,
    'gen_ai.evaluation.explanation': 'close',
  },
};

describe('events of content', () => {
  it.each<[string, TestLogRecord, object]>([
    [
      'system',
      { eventName: 'gen_ai.system.message', body: { content: 'Be brief.' } },
      { system: 'Be brief.' },
    ],
    [
      'user',
      { eventName: 'gen_ai.user.message', body: { content: 'Hello' } },
      { messages: [{ role: 'user', content: 'Hello' }] },
    ],
    [
      'a role of its own',
      { eventName: 'gen_ai.user.message', body: { content: 'Hello', role: 'customer' } },
      { messages: [{ role: 'customer', content: 'Hello' }] },
    ],
    [
      'assistant',
      {
        eventName: 'gen_ai.assistant.message',
        body: { tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      },
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
          },
        ],
      },
    ],
    [
      'tool',
      { eventName: 'gen_ai.tool.message', body: { content: '42', id: 'c1' } },
      { messages: [{ role: 'tool', content: '42', tool_call_id: 'c1' }] },
    ],
    [
      'choice',
      {
        eventName: 'gen_ai.choice',
        body: { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } },
      },
      { response: 'Hi', finish_reason: 'stop' },
    ],
    [
      'choice of an older sender',
      {
        attributes: { 'event.name': 'gen_ai.choice' },
        body: { index: 0, finish_reason: 'stop', message: { content: 'Hi' } },
      },
      { response: 'Hi', finish_reason: 'stop' },
    ],
    [
      'details',
      {
        eventName: 'gen_ai.client.inference.operation.details',
        attributes: {
          'gen_ai.system_instructions': [{ type: 'text', content: 'Be brief.' }],
          'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Hello' }] }],
          'gen_ai.output.messages': [
            { role: 'assistant', parts: [{ type: 'text', content: 'Hi' }], finish_reason: 'stop' },
          ],
        },
      },
      {
        system: 'Be brief.',
        messages: [{ role: 'user', content: 'Hello' }],
        response: 'Hi',
        finish_reason: 'stop',
      },
    ],
  ])('%s', (_, record, piece) => {
    const { contents, rejected, ignored } = logs(record);
    expect([rejected, ignored]).toEqual([[], 0]);
    expect(contents).toMatchObject([
      { project: 'default', id: `${TRACE_ID}:${SPAN_ID}`, at: '2026-11-25T09:46:40.123Z' },
    ]);
    expect(JSON.parse(contents[0]?.piece ?? '')).toEqual(piece);
  });

  it('are in the order of their clock, then of the request', () => {
    const body = { content: 'x' };
    const later = String(BigInt(START) + 1n);
    const records = [later, START, START].map((nano) => ({ eventName: 'gen_ai.user.message', nano, body }));
    const orders = logs(...records).contents.map(({ order }) => order);
    expect([...orders].sort()).toEqual([orders[1], orders[2], orders[0]]);
  });

  it.each<[string, TestLogRecord]>([
    ['a message without content', { eventName: 'gen_ai.user.message', body: {} }],
    ['a message without a body', { eventName: 'gen_ai.system.message' }],
    ['a second choice', { eventName: 'gen_ai.choice', body: { index: 1, message: { content: 'Ho' } } }],
    [
      'details without messages',
      { eventName: 'gen_ai.client.inference.operation.details', attributes: { 'gen_ai.request.model': 'm' } },
    ],
    ['another event', { eventName: 'session.start', body: { content: 'x' } }],
    ['a line of a log', { body: 'user logged in' }],
    ['a name of the prototype', { eventName: 'constructor', body: { content: 'x' } }],
  ])('are ignored: %s', (_, record) => {
    const { contents, ignored, rejected } = logs(record);
    expect([contents, ignored, rejected]).toEqual([[], 1, []]);
  });

  it('outside any span are refused by their place', () => {
    const record = { eventName: 'gen_ai.user.message', body: { content: 'x' } };
    const { contents, rejected } = logs(record, { ...record, spanId: '' }, record);
    expect(contents).toHaveLength(2);
    expect(rejected).toEqual([{ index: 1, reason: expect.stringMatching(/in the context of its span/) }]);
  });
});

describe('judgements', () => {
  it('become scores of the inference of the span', () => {
    const { scores } = logs(EVALUATION);
    expect(scores).toEqual([
      {
        inference_id: `${TRACE_ID}:${SPAN_ID}`,
        name: 'relevance',
        value: 0.75,
        timestamp: '2026-11-25T09:46:40.123Z',
        source: 'test',
        comment: 'close',
      },
    ]);
    expect(checkScore(scores[0], { minMs: 0, maxMs: Number.MAX_VALUE }).ok).toBe(true);
  });

  it.each([
    ['pass', 1],
    ['Fail', 0],
    ['not_relevant', 0],
  ])('with the label %s are %d', (label, value) => {
    const attributes = { 'gen_ai.evaluation.name': 'n', 'gen_ai.evaluation.score.label': label };
    expect(logs({ ...EVALUATION, attributes }).scores).toMatchObject([{ value }]);
  });

  it.each<[string, Partial<TestLogRecord>, RegExp]>([
    ['no span', { traceId: '', spanId: '' }, /trace_id and span_id/],
    [
      'only a response id',
      { traceId: '', spanId: '', attributes: { ...EVALUATION.attributes, 'gen_ai.response.id': 'r1' } },
      /gen_ai\.response\.id alone/,
    ],
    ['no name', { attributes: { 'gen_ai.evaluation.score.value': 1 } }, /gen_ai\.evaluation\.name/],
    ['no score', { attributes: { 'gen_ai.evaluation.name': 'n' } }, /gen_ai\.evaluation\.score\.value/],
    [
      'a label that is no judgement',
      { attributes: { 'gen_ai.evaluation.name': 'n', 'gen_ai.evaluation.score.label': 'blue' } },
      /label such as pass/,
    ],
    [
      'a score that is no number',
      { attributes: { 'gen_ai.evaluation.name': 'n', 'gen_ai.evaluation.score.value': 'high' } },
      /score\.value/,
    ],
  ])('are refused: %s', (_, change, reason) => {
    const { scores, rejected } = logs({ ...EVALUATION, ...change });
    expect(scores).toEqual([]);
    expect(rejected).toEqual([{ index: 0, reason: expect.stringMatching(reason) }]);
  });
});
