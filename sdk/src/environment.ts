import type { PlumblineOptions } from './settings.ts';

const NAMES = {
  url: 'PLUMBLINE_URL',
  apiKey: 'PLUMBLINE_API_KEY',
  project: 'PLUMBLINE_PROJECT',
  release: 'PLUMBLINE_RELEASE',
  environment: 'PLUMBLINE_ENVIRONMENT',
} as const;

/** What the environment says; an empty variable counts as one that is not set, but for the address: empty, it says no. */
export function optionsFromEnvironment(): PlumblineOptions {
  const found: Record<string, string> = {};
  for (const [option, name] of Object.entries(NAMES)) {
    const value = process.env[name];
    if (value !== undefined && (value !== '' || option === 'url')) found[option] = value;
  }
  return found;
}
