import { describe, expect, it } from 'vitest';
import { mapped } from '../../test/support/otlp-mapped.ts';
import { type TestSpan, tracesJson } from '../../test/support/otlp-request.ts';

const MODEL = { 'gen_ai.request.model': 'gpt-4' };
const CALL = { ...MODEL, 'gen_ai.operation.name': 'chat' };

/** Convention of the record that a span becomes; null when it is ignored. */
function flavour(span: TestSpan): string | null {
  const { records, ignored, rejected } = mapped(tracesJson([span]));
  expect(records.length + ignored).toBe(1);
  expect(rejected).toEqual([]);
  return records[0]?.attributes?.['otel.semconv'] ?? null;
}

describe('a call of a model', () => {
  it.each<[string, TestSpan, string]>([
    ['C', { attributes: { ...CALL, 'gen_ai.provider.name': 'openai' } }, 'gen_ai_c'],
    ['B', { attributes: { ...CALL, 'gen_ai.system': 'openai' } }, 'gen_ai_b'],
    [
      'A, named',
      { attributes: { ...CALL, 'gen_ai.system': 'openai', 'gen_ai.usage.prompt_tokens': 1 } },
      'gen_ai_a',
    ],
    [
      'A, from before operations had names',
      { attributes: { ...MODEL, 'gen_ai.usage.prompt_tokens': 1 } },
      'gen_ai_a',
    ],
    ['A with its text', { attributes: { ...MODEL, 'gen_ai.completion': 'x' } }, 'gen_ai_a'],
    ['text_completion', { attributes: { ...MODEL, 'gen_ai.operation.name': 'text_completion' } }, 'gen_ai_b'],
    [
      'generate_content',
      { attributes: { ...MODEL, 'gen_ai.operation.name': 'generate_content' } },
      'gen_ai_b',
    ],
    ['embeddings', { attributes: { ...MODEL, 'gen_ai.operation.name': 'embeddings' } }, 'gen_ai_b'],
    [
      'OpenInference LLM',
      { attributes: { 'openinference.span.kind': 'LLM', 'llm.model_name': 'm' } },
      'openinference',
    ],
    [
      'OpenInference EMBEDDING',
      { attributes: { 'openinference.span.kind': 'EMBEDDING', 'embedding.model_name': 'm' } },
      'openinference',
    ],
    ['OpenLLMetry', { attributes: { ...MODEL, 'llm.request.type': 'chat' } }, 'openllmetry'],
    [
      'Vercel doGenerate',
      { scope: 'ai', name: 'ai.generateText.doGenerate', attributes: { 'ai.model.id': 'm' } },
      'vercel_ai',
    ],
    [
      'Vercel doStream',
      { scope: 'ai', name: 'ai.streamObject.doStream', attributes: { 'ai.model.id': 'm' } },
      'vercel_ai',
    ],
    [
      'Vercel doEmbed',
      { scope: 'ai', name: 'ai.embedMany.doEmbed', attributes: { 'ai.model.id': 'm' } },
      'vercel_ai',
    ],
    ['Vercel 7', { scope: 'gen_ai', attributes: CALL }, 'vercel_ai'],
  ])('%s', (_, span, expected) => {
    expect(flavour(span)).toBe(expected);
  });
});

describe('what lies around calls is ignored', () => {
  it.each<[string, TestSpan]>([
    ...[
      'invoke_agent',
      'create_agent',
      'execute_tool',
      'retrieval',
      'invoke_workflow',
      'plan',
      'agent_step',
    ].map((name): [string, TestSpan] => [name, { attributes: { ...MODEL, 'gen_ai.operation.name': name } }]),
    ...['CHAIN', 'AGENT', 'TOOL', 'RETRIEVER', 'RERANKER', 'GUARDRAIL', 'EVALUATOR', 'PROMPT'].map(
      (kind): [string, TestSpan] => [
        kind,
        { attributes: { ...MODEL, 'openinference.span.kind': kind, 'gen_ai.usage.prompt_tokens': 1 } },
      ],
    ),
    [
      'ai.generateText',
      {
        scope: 'ai',
        name: 'ai.generateText',
        attributes: { 'ai.model.id': 'm', ...MODEL, 'gen_ai.prompt': 'x' },
      },
    ],
    ['a name like a leaf of another scope', { scope: 'mine', name: 'x.doGenerate', attributes: MODEL }],
    [
      'a workflow',
      { attributes: { ...MODEL, 'traceloop.span.kind': 'workflow', 'gen_ai.usage.prompt_tokens': 9 } },
    ],
    ['an agent that sums up', { attributes: { ...MODEL, 'gen_ai.usage.input_tokens': 9 } }],
    ['any other span', { name: 'GET /', attributes: { 'http.request.method': 'GET' } }],
    ['a span without anything', {}],
    ['a span without ids that is none of ours', { traceId: '', spanId: '' }],
  ])('%s', (_, span) => {
    expect(flavour(span)).toBeNull();
  });
});
