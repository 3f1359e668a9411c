// ANTHROPIC_API_KEY, and PLUMBLINE_URL.
import Anthropic from '@anthropic-ai/sdk';
import { observe, shutdown } from '@plumbline/sdk';

const anthropic = observe(new Anthropic());

const question = {
  model: 'claude-sonnet-4-5',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'What is the capital of France?' }],
};
const answer = await anthropic.messages.create(question);
console.log(answer.content[0].text);

console.log(await anthropic.messages.stream(question).finalText());

await shutdown();
