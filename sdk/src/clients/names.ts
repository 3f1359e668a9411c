/** Names that the service knows (docs/opentelemetry.md says the same of what comes by OTLP). */

const FINISH_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  completed: 'stop',
  max_tokens: 'length',
  max_output_tokens: 'length',
  incomplete: 'length',
  tool_calls: 'tool_call',
  tool_use: 'tool_call',
  function_call: 'tool_call',
  content_filtered: 'content_filter',
  safety: 'content_filter',
};

/** One word per reason: stop, length, tool_call, content_filter; any other one stays, in lower case. */
export function finishReason(given: unknown): string | undefined {
  if (typeof given !== 'string' || given === '') return undefined;
  const reason = given.toLowerCase().replaceAll('-', '_');
  return Object.hasOwn(FINISH_REASONS, reason) ? FINISH_REASONS[reason] : reason;
}

/** What Vercel's SDK calls the vendors, where OpenTelemetry has another name. */
const VERCEL_NAMES: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  'amazon-bedrock': 'aws.bedrock',
  bedrock: 'aws.bedrock',
  google: 'gcp.gemini',
  vertex: 'gcp.vertex_ai',
  mistral: 'mistral_ai',
  xai: 'x_ai',
  moonshotai: 'moonshot_ai',
  togetherai: 'together_ai',
  fireworks: 'fireworks_ai',
};

/** The vendor of a provider of Vercel's SDK, which names the API behind a dot: `openai.chat`, `google.vertex.chat`. */
export function providerOfVercel(name: unknown): string | undefined {
  if (typeof name !== 'string' || name === '') return undefined;
  const [first = '', second = ''] = name.toLowerCase().split('.');
  const vendor = first === 'google' && second === 'vertex' ? second : first;
  return Object.hasOwn(VERCEL_NAMES, vendor) ? VERCEL_NAMES[vendor] : vendor;
}

/** Who serves under a host name, longest first where one ends another; OpenTelemetry's names where it has one. */
const HOSTS: readonly (readonly [ending: string, provider: string])[] = [
  ['api.openai.com', 'openai'],
  ['openai.azure.com', 'azure.ai.openai'],
  ['cognitiveservices.azure.com', 'azure.ai.openai'],
  ['services.ai.azure.com', 'azure.ai.inference'],
  ['models.ai.azure.com', 'azure.ai.inference'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['amazonaws.com', 'aws.bedrock'],
  ['api.mistral.ai', 'mistral_ai'],
  ['api.groq.com', 'groq'],
  ['api.deepseek.com', 'deepseek'],
  ['api.x.ai', 'x_ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.moonshot.ai', 'moonshot_ai'],
  ['api.moonshot.cn', 'moonshot_ai'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['api.together.xyz', 'together_ai'],
  ['api.together.ai', 'together_ai'],
  ['api.fireworks.ai', 'fireworks_ai'],
  ['openrouter.ai', 'openrouter'],
  ['api.cerebras.ai', 'cerebras'],
];

/** The vendor behind a base URL; of a server that we do not know its host name, so that two of them stay apart. */
export function providerOfUrl(url: unknown): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  // Vertex puts the region before the name: europe-west1-aiplatform.googleapis.com.
  const known = HOSTS.find(
    ([ending]) => hostname === ending || hostname.endsWith(`.${ending}`) || hostname.endsWith(`-${ending}`),
  );
  return known?.[1] ?? hostname;
}
