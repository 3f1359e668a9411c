// The same five calls through every instrumentation: a text, a tool, a stream, an embedding, a failure.
import { EMBEDDED, EMBEDDING_MODEL, QUESTION, REQUEST_MODEL, SYSTEM, WEATHER_QUESTION } from './vendor.mjs';

export const MESSAGES = [
  { role: 'system', content: SYSTEM },
  { role: 'user', content: QUESTION },
];
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [
  { type: 'function', function: { name: 'get_weather', description: 'Weather of a city', parameters } },
];

export async function callOpenAi(client) {
  const { completions } = client.chat;
  await completions.create({ model: REQUEST_MODEL, messages: MESSAGES, temperature: 0.5, max_tokens: 64 });
  await completions.create({
    model: REQUEST_MODEL,
    messages: [{ role: 'user', content: WEATHER_QUESTION }],
    tools,
  });
  const parts = await completions.create({
    model: REQUEST_MODEL,
    messages: MESSAGES,
    stream: true,
    stream_options: { include_usage: true },
  });
  for await (const _ of parts);
  await client.embeddings.create({ model: EMBEDDING_MODEL, input: EMBEDDED });
  await completions.create({ model: 'busy', messages: MESSAGES }).catch(() => {});
}
