// Vercel's SDK 6: a middleware around each model. OPENAI_API_KEY, and PLUMBLINE_URL.
import { createOpenAI } from '@ai-sdk/openai';
import { shutdown, vercelMiddleware } from '@plumbline/sdk';
import { generateText, streamText, wrapLanguageModel } from 'ai';

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
const model = wrapLanguageModel({ model: openai.chat('gpt-4o-mini'), middleware: vercelMiddleware() });

const prompt = 'What is the capital of France?';
console.log((await generateText({ model, prompt })).text);

for await (const text of streamText({ model, prompt }).textStream) process.stdout.write(text);
process.stdout.write('\n');

await shutdown();
