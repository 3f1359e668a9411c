/** One chat message; `content` may be text or, as some vendors send it, parts. */
export interface Message {
  readonly role: string;
  readonly content?: unknown;
  readonly [other: string]: unknown;
}

/**
 * The record: one call of a model (wire contract, version 1). Names are the wire's and the table's, so that a
 * checked line goes into the store unchanged. Only `timestamp` and `model` are required.
 */
export interface Inference {
  readonly id?: string;
  /** RFC 3339 with a time zone. */
  readonly timestamp: string;
  readonly project?: string;
  readonly environment?: string;
  readonly provider?: string;
  readonly model: string;
  readonly version?: string;
  readonly operation?: string;
  readonly release?: string;
  readonly prompt_name?: string;
  readonly prompt_version?: string;
  readonly session?: string;
  readonly user?: string;
  readonly trace_id?: string;
  readonly span_id?: string;
  /** `prompt` or `messages`, not both. */
  readonly prompt?: string;
  readonly messages?: readonly Message[];
  readonly system?: string;
  readonly response?: string;
  readonly tool_calls?: readonly unknown[];
  readonly status?: 'ok' | 'error';
  readonly error_type?: string;
  readonly finish_reason?: string;
  readonly latency_ms?: number;
  readonly time_to_first_token_ms?: number;
  readonly queue_ms?: number;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cached_tokens?: number;
  readonly cost_usd?: number;
  readonly accelerator?: string;
  readonly accelerator_utilization?: number;
  readonly accelerator_memory_bytes?: number;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly groups?: Readonly<Record<string, string>>;
  readonly context?: readonly string[];
  readonly scores?: Readonly<Record<string, number>>;
}
