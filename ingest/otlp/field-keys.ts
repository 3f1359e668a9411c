/**
 * Where each field of the record is found: names of attributes, the first that is there counts. The order is from the
 * newest convention to the oldest (OpenTelemetry GenAI C, B, A), then OpenInference, OpenLLMetry and Vercel's SDK.
 */
export const TEXT_KEYS = {
  provider: ['gen_ai.provider.name', 'gen_ai.system', 'llm.provider', 'llm.system', 'ai.model.provider'],
  requestModel: ['gen_ai.request.model', 'llm.request.model_name', 'ai.model.id', 'embedding.model_name'],
  responseModel: ['gen_ai.response.model', 'llm.response.model_name', 'llm.model_name', 'ai.response.model'],
  responseId: ['gen_ai.response.id', 'llm.response.id', 'ai.response.id'],
  session: [
    'gen_ai.conversation.id',
    'session.id',
    'traceloop.association.properties.session_id',
    'traceloop.association.properties.sessionId',
    'ai.telemetry.metadata.sessionId',
    'ai.settings.context.sessionId',
  ],
  user: [
    'user.id',
    'enduser.id',
    'traceloop.association.properties.user_id',
    'traceloop.association.properties.userId',
    'gen_ai.user',
    'llm.user',
    'ai.telemetry.metadata.userId',
    'ai.settings.context.userId',
  ],
  promptName: [
    'gen_ai.prompt.name',
    'llm.prompt_template.name',
    'traceloop.prompt.key',
    'ai.telemetry.functionId',
  ],
  promptVersion: ['gen_ai.prompt.version', 'llm.prompt_template.version', 'traceloop.prompt.version'],
  finishReason: [
    'gen_ai.response.finish_reason',
    'gen_ai.response.stop_reason',
    'llm.finish_reason',
    'ai.response.finishReason',
  ],
  environment: ['deployment.environment.name', 'deployment.environment'],
} as const;

export const NUMBER_KEYS = {
  inputTokens: [
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'llm.token_count.prompt',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'ai.usage.tokens',
  ],
  outputTokens: [
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
  ],
  cacheRead: [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'llm.token_count.prompt_details.cache_read',
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
  ],
  cacheWrite: [
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'llm.token_count.prompt_details.cache_write',
    'ai.usage.inputTokenDetails.cacheWriteTokens',
  ],
  costUsd: ['gen_ai.usage.cost', 'llm.cost.total'],
  firstTokenSeconds: [
    'gen_ai.response.time_to_first_chunk',
    'gen_ai.client.operation.time_to_first_chunk',
    'gen_ai.server.time_to_first_token',
    'gen_ai.latency.time_to_first_token',
  ],
  firstTokenMs: ['ai.response.msToFirstChunk'],
  queueSeconds: ['gen_ai.latency.time_in_queue'],
} as const;

export const FINISH_REASONS_KEY = 'gen_ai.response.finish_reasons';
/** A stream's first piece, as an event: OpenInference, OpenLLMetry of both generations. */
export const FIRST_TOKEN_EVENTS: readonly string[] = [
  'First Token Stream Event',
  'gen_ai.content.completion.chunk',
  'llm.content.completion.chunk',
];
