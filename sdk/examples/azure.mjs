// AZURE_OPENAI_API_KEY, AZURE_OPENAI_ENDPOINT, OPENAI_API_VERSION, and PLUMBLINE_URL.
import { observe, shutdown } from '@plumbline/sdk';
import { AzureOpenAI } from 'openai';

const azure = observe(new AzureOpenAI({ deployment: 'my-deployment' }));

const answer = await azure.chat.completions.create({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: 'What is the capital of France?' }],
});
console.log(answer.choices[0].message.content);

await shutdown();
