// Anything that no hook knows: say what it was asked and what it answered. PLUMBLINE_URL.
import { observe, shutdown, track } from '@plumbline/sdk';

const ask = async (prompt) => {
  const response = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'our-model', messages: [{ role: 'user', content: prompt }] }),
  });
  return response.json();
};

const prompt = 'What is the capital of France?';
const answer = await observe.call(() => ask(prompt), {
  model: 'our-model',
  operation: 'chat',
  prompt,
  result: ({ choices, usage }) => ({
    response: choices[0].message.content,
    input_tokens: usage.prompt_tokens,
    output_tokens: usage.completion_tokens,
  }),
});
console.log(answer.choices[0].message.content);

// Or afterwards, as a whole.
track({ model: 'our-model', prompt, response: 'Paris.', latency_ms: 120 });

await shutdown();
