// Vercel's SDK 7: registered once for all calls. OPENAI_API_KEY, and PLUMBLINE_URL.
import { createOpenAI } from '@ai-sdk/openai';
import { shutdown, vercelTelemetry } from '@plumbline/sdk';
import { generateText, registerTelemetry, streamText } from 'ai';

registerTelemetry(vercelTelemetry());

const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL });
const model = openai.chat('gpt-4o-mini');

const prompt = 'What is the capital of France?';
console.log((await generateText({ model, prompt })).text);

for await (const text of streamText({ model, prompt }).textStream) process.stdout.write(text);
process.stdout.write('\n');

await shutdown();
