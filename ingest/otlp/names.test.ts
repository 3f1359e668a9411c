import { expect, it } from 'vitest';
import { finishReason, providerName } from './names.ts';

it.each([
  ['openai', 'openai'],
  ['OpenAI', 'openai'],
  ['openai.chat', 'openai'],
  ['openai.responses', 'openai'],
  ['az.ai.openai', 'azure.ai.openai'],
  ['azure.ai.openai', 'azure.ai.openai'],
  ['azure-openai.chat', 'azure.ai.openai'],
  ['azure.ai.inference', 'azure.ai.inference'],
  ['anthropic.messages', 'anthropic'],
  ['aws.bedrock', 'aws.bedrock'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['google.vertex.chat', 'gcp.vertex_ai'],
  ['vertex_ai', 'gcp.vertex_ai'],
  ['google.generative-ai', 'gcp.gemini'],
  ['gemini', 'gcp.gemini'],
  ['xai', 'x_ai'],
  ['x_ai', 'x_ai'],
  ['mistral.chat', 'mistral_ai'],
  ['mistral_ai', 'mistral_ai'],
  ['Cohere', 'cohere'],
  ['my.gateway', 'my.gateway'],
  ['fireworks.chat', 'fireworks'],
  ['', ''],
])('provider %s is %s', (given, expected) => {
  expect(providerName(given)).toBe(expected);
});

it.each([
  ['stop', 'stop'],
  ['end_turn', 'stop'],
  ['STOP', 'stop'],
  ['COMPLETE', 'stop'],
  ['max_tokens', 'length'],
  ['MAX_TOKENS', 'length'],
  ['length', 'length'],
  ['tool_calls', 'tool_call'],
  ['tool-calls', 'tool_call'],
  ['tool_use', 'tool_call'],
  ['function_call', 'tool_call'],
  ['content-filter', 'content_filter'],
  ['SAFETY', 'content_filter'],
  ['refusal', 'refusal'],
  ['pause_turn', 'pause_turn'],
])('finish reason %s is %s', (given, expected) => {
  expect(finishReason(given)).toBe(expected);
});
