import { compareVectors, type Embedding } from './identity.ts';

/**
 * How near a response is to its prompt in meaning: the cosine of their embeddings, in [-1, 1]; null if either is missing.
 *
 * @throws AppError `invalid_input` for embeddings of two models
 */
export function relevanceOf({
  prompt,
  response,
}: {
  prompt: Embedding | null;
  response: Embedding | null;
}): number | null {
  return prompt && response ? compareVectors(prompt, response) : null;
}
