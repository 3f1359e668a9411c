/** A message of a conversation, as the wire contract takes it. */
export interface Message {
  role: string;
  content?: unknown;
  [extra: string]: unknown;
}

/** One inference in the wire contract's own names (docs/inference.schema.json, version 1). */
export interface InferenceRecord {
  id: string;
  timestamp: string;
  project?: string;
  environment?: string;
  provider?: string;
  model: string;
  version?: string;
  operation?: string;
  release?: string;
  prompt_name?: string;
  prompt_version?: string;
  session?: string;
  user?: string;
  trace_id?: string;
  span_id?: string;
  prompt?: string;
  messages?: Message[];
  system?: string;
  response?: string;
  tool_calls?: unknown[];
  status?: 'ok' | 'error';
  error_type?: string;
  finish_reason?: string;
  /** Milliseconds. */
  latency_ms?: number;
  /** Milliseconds. */
  time_to_first_token_ms?: number;
  /** Milliseconds. */
  queue_ms?: number;
  input_tokens?: number;
  output_tokens?: number;
  cached_tokens?: number;
  cost_usd?: number;
  accelerator?: string;
  /** In [0, 1]. */
  accelerator_utilization?: number;
  accelerator_memory_bytes?: number;
  attributes?: Record<string, string>;
  groups?: Record<string, string>;
  context?: string[];
  scores?: Record<string, number>;
}
