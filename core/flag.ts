/** Why an inference is worth a person's look: by name, what its record says. In order of display. */
export const FLAGS = {
  refusal: 'the answer refuses, or a part of it does',
  truncated: 'the answer was cut off at a limit',
  looping: 'the answer ends in a loop',
  format: 'the answer has not the format that FORMATS_FILE asks for, or is JSON that cannot be read',
  tool_call: 'a tool was called without a name, or with arguments that are no JSON object',
  unsupported_numbers: 'the answer has numbers that stand neither in the context nor in the prompt',
  toxicity: 'the answer has insults or slurs',
  language_mismatch: 'the answer is in another language than the prompt',
  jailbreak: 'the prompt is like a jailbreak',
  injection: 'a passage that was retrieved is like an instruction',
  low_score: 'a score is below a bound',
  incident: 'it is one of the examples that show an incident',
} as const;

export type Flag = keyof typeof FLAGS;

export const FLAG_NAMES = Object.keys(FLAGS) as readonly Flag[];
