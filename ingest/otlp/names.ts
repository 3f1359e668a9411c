/** Canonical names are OpenTelemetry's; what instrumentations call the same vendor stands behind. */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  openai: ['open_ai'],
  anthropic: ['claude'],
  'azure.ai.openai': ['az.ai.openai', 'azure', 'azure_openai', 'azure-openai', 'azureopenai'],
  'azure.ai.inference': ['az.ai.inference', 'azure_ai_inference'],
  'aws.bedrock': ['bedrock', 'amazon-bedrock', 'amazon_bedrock', 'aws', 'aws_bedrock'],
  'gcp.gemini': ['gemini', 'google.generative-ai', 'google_generative_ai', 'google_ai_studio'],
  'gcp.vertex_ai': ['vertex_ai', 'vertexai', 'google.vertex', 'vertex'],
  'gcp.gen_ai': ['google', 'google_genai', 'gen_ai'],
  'ibm.watsonx.ai': ['watsonx', 'ibm_watsonx'],
  mistral_ai: ['mistral', 'mistralai'],
  x_ai: ['xai'],
  moonshot_ai: ['moonshot', 'moonshotai'],
};

const FINISH_REASONS: Readonly<Record<string, readonly string[]>> = {
  stop: ['end_turn', 'stop_sequence', 'complete', 'completed', 'eos', 'eos_token', 'finished'],
  length: ['max_tokens', 'max_output_tokens', 'max_length', 'max_new_tokens', 'incomplete', 'token_limit'],
  tool_call: ['tool_calls', 'tool_use', 'function_call', 'tool_call'],
  content_filter: ['content_filtered', 'safety', 'recitation', 'blocklist', 'prohibited_content', 'spii'],
};

const providerOf = inverted(PROVIDERS);
const finishReasonOf = inverted(FINISH_REASONS);

/** One name per vendor: `OpenAI`, `openai.chat` and `openai` are the same; an unknown one stays, in lower case. */
export function providerName(given: string): string {
  const name = given.trim().toLowerCase();
  const known = providerOf.get(name);
  if (known !== undefined) return known;
  // Vercel's SDK puts the API behind the vendor: openai.chat, google.vertex.chat.
  const [first = '', second = ''] = name.split('.');
  const vendor = providerOf.get(`${first}.${second}`) ?? providerOf.get(first);
  return vendor ?? (/\.(chat|completion|embedding|responses|messages|image)$/.test(name) ? first : name);
}

/** One name per reason: stop, length, tool_call, content_filter; another one stays, in lower case. */
export function finishReason(given: string): string {
  const reason = given.trim().toLowerCase().replaceAll('-', '_');
  return finishReasonOf.get(reason) ?? reason;
}

function inverted(table: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(table).flatMap(([name, others]) => [name, ...others].map((one) => [one, name] as const)),
  );
}
