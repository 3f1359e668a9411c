// OPENAI_API_KEY, and PLUMBLINE_URL: where the service is.
import { idOf, observe, score, shutdown, withContext } from '@plumbline/sdk';
import OpenAI from 'openai';

const openai = observe(new OpenAI());

const question = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'What is the capital of France?' }],
};
const context = { session: 'session-81', user: 'user-4', attributes: { tier: 'free' } };

await withContext(context, async () => {
  const answer = await openai.chat.completions.create(question);
  console.log(answer.choices[0].message.content);
  // Later, when a person has judged it.
  score(idOf(answer), { thumbs: 1 });

  const stream = await openai.chat.completions.create({ ...question, stream: true });
  for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
  process.stdout.write('\n');
});

await shutdown();
