// The examples name the packages as a host does; here two versions of each are installed, under names of their own.
import { register } from 'node:module';

const NAMES = {
  openai: 'openai7',
  '@anthropic-ai/sdk': 'anthropic1',
  ai: `ai${process.env.VERCEL_VERSION ?? '7'}`,
  '@ai-sdk/openai': `ai-sdk-openai${process.env.VERCEL_VERSION ?? '7'}`,
};

const hook = `
const names = ${JSON.stringify(NAMES)};
export const resolve = (name, context, next) =>
  next(context.parentURL?.includes('/sdk/examples/') ? (names[name] ?? name) : name, context);
`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
