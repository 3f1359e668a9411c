import type { Inference } from '../../core/inference.ts';

/** Longer arguments are taken for valid: parsing them would cost more than the signal is worth. */
const ARGUMENTS_UNITS_MAX = 1 << 18;
const CALLS_MAX = 128;

/**
 * 1 when the model called a tool in a way that no caller can serve: without a name, or with arguments that are no JSON object;
 * else 0. Null without calls. Known shapes: OpenAI (`function.name`, `function.arguments` as text), Anthropic (`name`, `input`),
 * Gemini (`name`, `args`) and OpenTelemetry (`name`, `arguments`); of another shape only what is there is judged.
 */
export function toolCallInvalid({ tool_calls: calls }: Pick<Inference, 'tool_calls'>): number | null {
  if (calls === undefined || calls.length === 0) return null;
  return calls.slice(0, CALLS_MAX).some(isInvalid) ? 1 : 0;
}

function isInvalid(call: unknown): boolean {
  if (!isObject(call)) return true;
  const inner = call['function'] ?? call['functionCall'] ?? call['function_call'];
  const { name, arguments: given, input, args } = isObject(inner) ? inner : call;
  if (typeof name !== 'string' || name.trim() === '') return true;
  return !isArguments(given ?? input ?? args);
}

function isArguments(given: unknown): boolean {
  // A tool without parameters may be called with nothing.
  if (given === undefined || given === null || given === '') return true;
  if (typeof given !== 'string') return isObject(given);
  if (given.length > ARGUMENTS_UNITS_MAX) return true;
  try {
    return isObject(JSON.parse(given));
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
